// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/conductor.hpp"

#include <string>

#include <outrigger/core/units_text.hpp>

#include "sidecar/proxy/forwarding.hpp"

namespace outrigger::proxy {
namespace {

Reply local_reply(Exchange& exchange, const Fault& fault, std::string_view endpoint) {
    Fault said = fault;
    std::string waited;   // how long it waited says more than that it did
    if (fault.reason == Reason::timeout) {
        waited = "no reply within " + to_string(exchange.limits().timeout);
        said.detail = waited;
    }
    const std::string_view detail = explain(said, endpoint, exchange.arena());
    return Reply{{}, LocalReply{fault, detail, exchange.request_id()}, endpoint};
}

// The refusal names the setting and its numbers: whoever is paged wants to know which limit it was.
Reply slot_refused(Exchange& exchange, const Fault& fault) {
    if (fault.reason != Reason::concurrency_limited && fault.reason != Reason::timeout)
        return local_reply(exchange, fault, {});
    const resilience::Bulkhead& limit = exchange.limits().slots->settings();
    const std::string setting = "inbound.limit (concurrent: " + std::to_string(limit.concurrent.value_or(0)) +
                                ", queue: " + std::to_string(limit.queue) + ", wait: " + to_string(limit.wait) + ")";
    Fault said = fault;
    std::string waited;
    if (fault.reason == Reason::timeout) {
        waited = "no slot within inbound.timeout (" + to_string(exchange.limits().timeout) + ')';
        said.detail = waited;
    }
    return Reply{{}, LocalReply{fault, explain(said, setting, exchange.arena()), exchange.request_id()}, {}};
}

Reply reply_from(Outcome outcome, Exchange& exchange, resilience::Slot slot) {
    const std::string_view endpoint = outcome.lease().endpoint();
    if (!outcome.has_reply()) return local_reply(exchange, outcome.fault(), endpoint);
    prepare_reply(exchange.reply_head());
    return Reply{std::move(outcome.lease()), std::nullopt, endpoint, std::move(slot)};
}

}  // namespace

// docs/life-of-a-request.md follows this function.
Task<Reply> conduct(Exchange& exchange, upstream::Cluster& cluster) {
    Result<void> prepared = prepare_request(exchange);
    if (!prepared) co_return local_reply(exchange, prepared.error(), {});

    const Instant began = exchange.worker().scheduler.now();
    resilience::Slot slot;
    if (resilience::ConcurrencyLimiter* slots = exchange.limits().slots) {
        Result<resilience::Slot> entered = co_await slots->enter(exchange.worker().scheduler, exchange.connect_wait());
        exchange.waited += exchange.worker().scheduler.now() - began;
        if (!entered) co_return slot_refused(exchange, entered.error());
        slot = std::move(*entered);
    }

    for (Attempt attempt;; attempt = attempt.replay()) {
        const Instant before = exchange.worker().scheduler.now();
        Result<upstream::Lease> lease = co_await cluster.pick(attempt.reuse, exchange.connect_wait());
        exchange.waited += exchange.worker().scheduler.now() - before;
        if (!lease) co_return local_reply(exchange, lease.error(), cluster.endpoint());

        Outcome outcome = co_await perform(std::move(*lease), exchange);
        // A pooled connection that its endpoint was closing is nobody's failure: once more, on a new one.
        if (!outcome.stale(exchange)) co_return reply_from(std::move(outcome), exchange, std::move(slot));
    }
}

}  // namespace outrigger::proxy
