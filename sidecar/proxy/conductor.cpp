// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/conductor.hpp"

#include <optional>
#include <utility>

#include "sidecar/proxy/attempts.hpp"
#include "sidecar/proxy/forwarding.hpp"
#include "sidecar/proxy/refusal.hpp"

namespace outrigger::proxy {
namespace {

using resilience::CallRefused;
using resilience::Slot;

Reply own_reply(Exchange& exchange, const Fault& fault, std::string_view endpoint = {}) {
    return Reply{{}, refusal(exchange, fault, endpoint), endpoint};
}

// A policy of ours let the call not pass. `whose`: the name that was asked for, where that is the trouble.
Reply refused(Exchange& exchange, const Fault& fault, std::string_view whose = {}) {
    exchange.limits().policies.tell(CallRefused{exchange.limits().policies.name, fault});
    const std::string_view named = fault.reason == Reason::dns_failed ? whose : std::string_view{};
    return Reply{{}, refusal(exchange, fault, named), {}};
}

Reply slot_refused(Exchange& exchange, const Fault& fault) {
    if (fault.reason == Reason::caller_left) return own_reply(exchange, fault);
    exchange.limits().policies.tell(CallRefused{exchange.limits().policies.name, fault});
    return Reply{{}, slot_refusal(exchange, fault), {}};
}

// No attempt was made at anybody: the circuit is open, or there is nobody.
bool is_refusal(const Fault& fault) noexcept {
    return fault.reason == Reason::circuit_open || fault.reason == Reason::no_endpoints ||
           fault.reason == Reason::dns_failed;
}

// `endpoint`: whom the last attempt was at, where that is not known from its connection.
Reply reply_from(Outcome outcome, Exchange& exchange, std::string_view endpoint, Slot slot) {
    if (!outcome.has_reply()) return own_reply(exchange, outcome.fault(), endpoint);
    prepare_reply(exchange.reply_head());
    const std::string_view at = outcome.lease().endpoint();
    return Reply{std::move(outcome.lease()), std::nullopt, at, std::move(slot)};
}

}  // namespace

// The order of the policies is decided here and nowhere else. docs/life-of-a-request.md follows this function.
Task<Reply> conduct(Exchange& exchange, upstream::Cluster& cluster) {
    Result<void> prepared = prepare_request(exchange);
    if (!prepared) co_return own_reply(exchange, prepared.error());

    Scheduler& scheduler = exchange.worker().scheduler;
    const CallPolicies& policies = exchange.limits().policies;
    // The rate comes first: a refused request must not cost a queue slot.
    if (resilience::RateLimiter* rate = policies.rate) {
        Result<void> admitted = rate->try_acquire(scheduler.now());
        if (!admitted) co_return refused(exchange, admitted.error());
    }

    Slot slot;
    if (resilience::ConcurrencyLimiter* slots = policies.slots) {
        const Instant began = scheduler.now();
        Result<Slot> entered = co_await slots->enter(scheduler, exchange.call_wait());
        exchange.story.queued = scheduler.now() - began;
        exchange.waited += exchange.story.queued;
        if (!entered) co_return slot_refused(exchange, entered.error());
        slot = std::move(*entered);
    }

    Attempts attempts{exchange};
    for (Attempt attempt;;) {
        attempts.prepare();
        const Instant began = scheduler.now();
        Result<upstream::Lease> lease =
            co_await cluster.pick(attempts.reuse(attempt), exchange.connect_wait(), attempts.tried());
        exchange.waited += scheduler.now() - began;
        if (!lease && is_refusal(lease.error())) co_return refused(exchange, lease.error(), cluster.endpoint());

        attempts.begin(attempt);
        Outcome outcome = co_await perform(std::move(lease), exchange);
        // A pooled connection that its endpoint was closing is nobody's failure: once more, on a new one.
        if (outcome.stale(exchange)) {
            attempts.met_stale(attempt, outcome);
            attempt = attempt.replay();
            continue;
        }

        const std::optional<Duration> pause = attempts.pause_after(attempt, outcome);
        if (!pause) co_return reply_from(std::move(outcome), exchange, attempts.endpoint(cluster), std::move(slot));
        const Instant resumes = after(scheduler.now(), *pause);
        co_await outcome.discard(exchange, resumes);   // hold no connection while waiting
        exchange.begin_pause();
        const Instant paused_at = scheduler.now();
        Result<void> paused = co_await Pause{scheduler, resumes - paused_at, exchange.call_wait()};
        exchange.waited += scheduler.now() - paused_at;
        if (!paused) co_return own_reply(exchange, paused.error());
        attempt = attempts.following(attempt);
    }
}

}  // namespace outrigger::proxy
