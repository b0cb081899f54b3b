// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/attempt.hpp"

#include <optional>
#include <utility>

#include <outrigger/resilience/http_reply.hpp>
#include <outrigger/resilience/retry_after.hpp>

#include "sidecar/http1/parser.hpp"
#include "sidecar/proxy/forwarding.hpp"
#include "sidecar/proxy/waited.hpp"

namespace outrigger::proxy {
namespace {

// Each is kept until the exchange ends. No endpoint has a reason for so many.
constexpr int interims_max = 32;
// More of a reply that nobody reads is not worth a connection.
constexpr std::uint64_t discarded_max = 64 * 1024;

// Where bodies go that nobody wants.
class Nowhere final : public http1::BodySink {
public:
    void write_body(std::string_view) noexcept override {}
    void end_body(std::string_view) noexcept override {}
    [[nodiscard]] Result<void> push() noexcept override { return {}; }
    [[nodiscard]] bool congested() const noexcept override { return false; }
    [[nodiscard]] Task<Result<void>> drained(Wait) override { co_return Result<void>{}; }
};

bool may_be_retried(const Exchange& exchange) noexcept {
    const resilience::Retrying* const retrying = exchange.limits().policies.retrying;
    return retrying && retrying->settings().attempts > 1 && safe_to_repeat(exchange);
}

void send_request(const upstream::Lease& lease, Exchange& exchange) {
    http1::HttpClientStream& upstream = lease.stream();
    upstream.write_head(exchange.request(), exchange.arena());
    if (exchange.request().body.framing == http1::Framing::none) {
        upstream.end_body({});
        // A failed write is no verdict yet: the endpoint may have answered before it closed. Reading tells.
        [[maybe_unused]] const Result<void> pushed = upstream.push();
        if (!upstream.congested()) return;   // else the rest of the head leaves as an upload does
    }
    // A connection that was used before can turn out to be stale; and what failed may be tried again.
    const bool again = lease.reused() || may_be_retried(exchange);
    exchange.start_upload(upstream, again ? Exchange::Keep::for_replay : Exchange::Keep::nothing);
}

Result<void> pass_interim(Exchange& exchange) {
    http1::ResponseHead& head = exchange.reply_head();
    prepare_reply(head);
    // A further attempt's endpoint says it again.
    if (head.status == 100 && std::exchange(exchange.said_continue, true)) return {};
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

Task<Outcome> unreached(Fault fault) { co_return Outcome{fault}; }

// That is all a tunnel asks of its endpoint.
Task<Outcome> connected(upstream::Lease lease, Exchange& exchange) {
    exchange.reply_head().status = 200;
    co_return Outcome{std::move(lease), Result<void>{}};
}

}  // namespace

bool Outcome::stale(const Exchange& exchange) const noexcept {
    if (has_reply() || fault().reason != Reason::upstream_reset) return false;
    if (!lease_.reused() || lease_.stream().reply_begun() || !exchange.replayable()) return false;
    return safe_to_repeat(exchange) || lease_.stream().request_unseen();
}

bool safe_to_repeat(const Exchange& exchange) noexcept {
    const http1::RequestHead& head = exchange.request();
    return exchange.limits().policies.idempotent || http1::is_idempotent(head.method) ||
           !http1::value_of(head.fields, "Idempotency-Key").empty();
}

namespace {

std::optional<Duration> asked_pause(Exchange& exchange) noexcept {
    const std::string_view value = http1::value_of(exchange.reply_head().fields, "Retry-After");
    if (value.empty()) return std::nullopt;
    return resilience::parse_retry_after(value, exchange.worker().wall());
}

resilience::Assessment assess_reply(Exchange& exchange, int status) noexcept {
    return resilience::assess_status(status, resilience::may_ask_for_pause(status) ? asked_pause(exchange) : std::nullopt);
}

}  // namespace

resilience::Assessment Outcome::assess(Exchange& exchange) const noexcept {
    using resilience::Retryable;
    using resilience::Verdict;
    if (has_reply()) return assess_reply(exchange, exchange.reply_head().status);
    const Reason reason = fault().reason;
    // Refusals of ours: they end the call, and say nothing of an endpoint.
    if (reason == Reason::no_endpoints || reason == Reason::dns_failed) return {Verdict::neutral, Retryable::no};
    // While connecting: nothing has left.
    if (reason == Reason::attempt_timeout && !reached_) return {Verdict::failure, Retryable::always};
    return resilience::assess(fault());
}

Task<void> Outcome::discard(Exchange& exchange, Instant until) {
    exchange.stop_upload();
    co_await exchange.upload().join();
    if (has_reply() && exchange.request_whole()) {
        http1::HttpClientStream& upstream = lease_.stream();
        Nowhere nowhere;
        Wait wait = exchange.call_wait();
        wait = wait.until(until, Reason::timeout);
        std::uint64_t read = 0;
        for (bool more = true; more && read <= discarded_max;) {
            const http1::BodyProgress progress = upstream.pump_body(exchange.worker().scratch, nowhere);
            read += progress.payload;
            more = progress.kind == http1::BodyProgress::Kind::moved;
            if (progress.kind != http1::BodyProgress::Kind::again) continue;
            const Waited waited{exchange.worker().scheduler, exchange.waited};
            const Result<void> readable = co_await upstream.readable().wait(wait);
            more = readable.has_value();
        }
    }
    lease_ = {};   // reusable or not, it decides itself
}

Task<Outcome> perform(Result<upstream::Lease>&& lease, Exchange& exchange) {
    if (!lease) return unreached(lease.error());
    if (exchange.tunnels) return connected(*std::move(lease), exchange);
    send_request(*lease, exchange);
    return await_reply(*std::move(lease), exchange);
}

}  // namespace outrigger::proxy
