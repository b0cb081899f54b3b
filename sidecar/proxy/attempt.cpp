// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/attempt.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "sidecar/proxy/forwarding.hpp"

namespace outrigger::proxy {
namespace {

// Each is kept until the exchange ends. No endpoint has a reason for so many.
constexpr int interims_max = 32;

// RFC 9110, section 9.2.2: these may be sent twice.
bool idempotent(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 6> methods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

void send_request(http1::HttpClientStream& upstream, Exchange& exchange) {
    upstream.write_head(exchange.request(), exchange.arena());
    if (exchange.request().body.framing == http1::Framing::none) {
        upstream.end_body();
        // A failed write is no verdict yet: the endpoint may have answered before it closed. Reading tells.
        [[maybe_unused]] const Result<void> pushed = upstream.push();
        if (!upstream.congested()) return;   // else the rest of the head leaves as an upload does
    }
    exchange.start_upload(upstream);
}

Result<void> pass_interim(Exchange& exchange) {
    http1::ResponseHead& head = exchange.reply_head();
    prepare_reply(head);
    exchange.downstream().write_interim(head, exchange.arena());
    return exchange.downstream().push();
}

// Until the reply's final head is there.
Task<Result<void>> await_reply(http1::HttpClientStream& upstream, Exchange& exchange) {
    const http1::ResponseHead& head = exchange.reply_head();
    for (int interims = 0;;) {
        exchange.awaits_head_on(&upstream.readable());
        Result<void> read = co_await upstream.read_head(exchange.reply_head(), exchange.arena(),
                                                        exchange.worker().scratch, exchange.wait());
        exchange.awaits_head_on(nullptr);
        if (!read || head.status >= 200) co_return read;
        if (head.status == 101) {
            upstream.reset();   // whatever it speaks from now on, it is not what the pool holds connections for
            co_return Fault{Reason::upstream_protocol_error, "101 without an upgrade"};
        }
        if (++interims > interims_max) co_return Fault{Reason::upstream_protocol_error, "too many interim replies"};
        Result<void> passed = pass_interim(exchange);
        if (!passed) co_return Fault{Reason::caller_left, "reset"};
    }
}

}  // namespace

bool Outcome::stale(const Exchange& exchange) const noexcept {
    return !has_reply() && fault().reason == Reason::upstream_reset && lease_.reused() &&
           !lease_.stream().reply_begun() && idempotent(exchange.request().method) && exchange.body_untouched();
}

Task<Outcome> perform(upstream::Lease lease, Exchange& exchange) {
    send_request(lease.stream(), exchange);
    Result<void> head = co_await await_reply(lease.stream(), exchange);
    if (!head) {
        // The upload uses the lease's connection: it ends first.
        exchange.stop_upload();
        co_await exchange.upload().join();
    }
    co_return Outcome{std::move(lease), head};
}

}  // namespace outrigger::proxy
