// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/refusal.hpp"

#include <string>

#include <outrigger/core/units_text.hpp>

namespace outrigger::proxy {
namespace {

std::string call_timeout(const Exchange& exchange) {
    return std::string{exchange.limits().policies.call_setting} + ".timeout (" + to_string(exchange.limits().timeout) +
           ')';
}

std::string per_try_timeout(const Exchange& exchange) {
    const CallPolicies& policies = exchange.limits().policies;
    return std::string{policies.call_setting} + ".retry.per_try_timeout (" +
           to_string(policies.retrying->settings().per_try_timeout.value_or(Duration{})) + ')';
}

std::string rate_limit(const CallPolicies& policies) {
    const resilience::RateLimit& limit = policies.rate->settings();
    return std::string{policies.setting} + ".limit (rate: " + to_string(limit.rate.value_or(Rate{})) + ')';
}

std::string slot_limit(const CallPolicies& policies) {
    const resilience::Bulkhead& limit = policies.slots->settings();
    return std::string{policies.setting} + ".limit (concurrent: " + std::to_string(limit.concurrent.value_or(0)) +
           ", queue: " + std::to_string(limit.queue) + ", wait: " + to_string(limit.wait) + ')';
}

// A sentence of its own: behind the reason's meaning it would be said twice.
std::string circuit(Exchange& exchange) {
    const CallPolicies& policies = exchange.limits().policies;
    return "The circuit breaker " + std::string{policies.setting} + ".breaker is " +
           explain(policies.breaker->report(exchange.worker().scheduler.now())) + '.';
}

std::string silence(const Exchange& exchange) {
    return "the caller sent no further byte of its body within limits.idle (" + to_string(exchange.limits().idle) + ')';
}

// What there is to say besides the fault's own words; empty: nothing.
std::string particulars(Exchange& exchange, const Fault& fault) {
    const CallPolicies& policies = exchange.limits().policies;
    if (fault.reason == Reason::timeout) return "no reply within " + call_timeout(exchange);
    if (fault.reason == Reason::attempt_timeout && policies.retrying) return "no reply within " + per_try_timeout(exchange);
    if (fault.reason == Reason::request_timeout) return silence(exchange);
    if (fault.reason == Reason::rate_limited && policies.rate) return rate_limit(policies);
    return {};
}

LocalReply reply(Exchange& exchange, const Fault& fault, std::string_view endpoint, const std::string& detail) {
    Fault said = fault;
    if (!detail.empty()) said.detail = detail;   // explain() copies it
    return LocalReply{fault, explain(said, endpoint, exchange.arena()), exchange.request_id()};
}

}  // namespace

LocalReply refusal(Exchange& exchange, const Fault& fault, std::string_view endpoint) {
    if (fault.reason == Reason::circuit_open && exchange.limits().policies.breaker)
        return LocalReply{fault, exchange.arena().copy(circuit(exchange)), exchange.request_id()};
    // What the caller did wrong, or left undone, is no matter of the endpoint's.
    if (facts(fault.reason).status < 500) endpoint = {};
    return reply(exchange, fault, endpoint, particulars(exchange, fault));
}

LocalReply slot_refusal(Exchange& exchange, const Fault& fault) {
    if (fault.reason == Reason::timeout) return reply(exchange, fault, {}, "no slot within " + call_timeout(exchange));
    if (fault.reason != Reason::concurrency_limited) return refusal(exchange, fault, {});
    return reply(exchange, fault, slot_limit(exchange.limits().policies), {});
}

}  // namespace outrigger::proxy
