// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/attempt.hpp"

#include <optional>
#include <utility>

#include "sidecar/http1/parser.hpp"
#include "sidecar/proxy/forwarding.hpp"
#include "sidecar/proxy/waited.hpp"

namespace outrigger::proxy {
namespace {

// Each is kept until the exchange ends. No endpoint has a reason for so many.
constexpr int interims_max = 32;

void send_request(const upstream::Lease& lease, Exchange& exchange) {
    http1::HttpClientStream& upstream = lease.stream();
    upstream.write_head(exchange.request(), exchange.arena());
    if (exchange.request().body.framing == http1::Framing::none) {
        upstream.end_body({});
        // A failed write is no verdict yet: the endpoint may have answered before it closed. Reading tells.
        [[maybe_unused]] const Result<void> pushed = upstream.push();
        if (!upstream.congested()) return;   // else the rest of the head leaves as an upload does
    }
    // Only a connection that was used before can turn out to be stale.
    exchange.start_upload(upstream, lease.reused() ? Exchange::Keep::for_replay : Exchange::Keep::nothing);
}

// A repetition cannot do what was not asked for: by its method, or because the caller says so.
bool safe_to_repeat(const http1::RequestHead& head) noexcept {
    return http1::is_idempotent(head.method) || !http1::value_of(head.fields, "Idempotency-Key").empty();
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
        std::optional<Waited> waited{std::in_place, exchange.worker().scheduler, exchange.waited};
        Result<void> read = co_await upstream.read_head(exchange.reply_head(), exchange.arena(),
                                                        exchange.worker().scratch, exchange.wait());
        waited.reset();
        exchange.awaits_head_on(nullptr);
        if (!read || head.status >= 200) co_return read;
        if (head.status == 101) {
            if (exchange.offers_upgrade() && !head.upgrade.empty()) co_return read;
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
    if (has_reply() || fault().reason != Reason::upstream_reset) return false;
    if (!lease_.reused() || lease_.stream().reply_begun() || !exchange.replayable()) return false;
    return safe_to_repeat(exchange.request()) || lease_.stream().request_unseen();
}

Task<Outcome> perform(upstream::Lease lease, Exchange& exchange) {
    send_request(lease, exchange);
    Result<void> head = co_await await_reply(lease.stream(), exchange);
    if (!head) {
        // The upload uses the lease's connection: it ends first.
        exchange.stop_upload();
        co_await exchange.upload().join();
    }
    co_return Outcome{std::move(lease), head};
}

}  // namespace outrigger::proxy
