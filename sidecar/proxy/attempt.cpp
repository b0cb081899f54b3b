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
    if (head.status == 100) exchange.said_continue = true;
    exchange.downstream().write_interim(head, exchange.arena());
    return exchange.downstream().push();
}

// An interim reply has come: passes it on, or says why the exchange cannot go on.
Result<void> handle_interim(http1::HttpClientStream& upstream, Exchange& exchange, int interims) {
    if (exchange.reply_head().status == 101) {
        upstream.reset();   // whatever it speaks from now on, it is not what the pool holds connections for
        return Fault{Reason::upstream_protocol_error, "101 without an upgrade"};
    }
    if (interims > interims_max) return Fault{Reason::upstream_protocol_error, "too many interim replies"};
    Result<void> passed = pass_interim(exchange);
    if (!passed) return Fault{Reason::caller_left, "reset"};
    return {};
}

bool is_final(const Exchange& exchange, const http1::ResponseHead& head) noexcept {
    return head.status >= 200 || (head.status == 101 && exchange.offers_upgrade() && !head.upgrade.empty());
}

// Until the reply's final head is there.
Task<Outcome> await_reply(upstream::Lease lease, Exchange& exchange) {
    http1::HttpClientStream& upstream = lease.stream();
    Result<void> head;
    for (int interims = 1; head; ++interims) {
        exchange.awaits_head_on(&upstream.readable());
        for (std::optional<Result<void>> read; head && !read;) {
            read = upstream.try_head(exchange.reply_head(), exchange.arena(), exchange.worker().scratch);
            if (read) {
                head = *read;
            } else {
                const Waited waited{exchange.worker().scheduler, exchange.waited};
                head = co_await upstream.readable().wait(exchange.wait());
            }
        }
        exchange.awaits_head_on(nullptr);
        if (head && is_final(exchange, exchange.reply_head())) co_return Outcome{std::move(lease), head};
        if (head) head = handle_interim(upstream, exchange, interims);
    }
    // The upload uses the lease's connection: it ends first.
    exchange.stop_upload();
    co_await exchange.upload().join();
    co_return Outcome{std::move(lease), head};
}

}  // namespace

bool Outcome::stale(const Exchange& exchange) const noexcept {
    if (has_reply() || fault().reason != Reason::upstream_reset) return false;
    if (!lease_.reused() || lease_.stream().reply_begun() || !exchange.replayable()) return false;
    return safe_to_repeat(exchange.request()) || lease_.stream().request_unseen();
}

Task<Outcome> perform(upstream::Lease lease, Exchange& exchange) {
    send_request(lease, exchange);
    return await_reply(std::move(lease), exchange);
}

}  // namespace outrigger::proxy
