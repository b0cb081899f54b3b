// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/policies.hpp"

#include <utility>

namespace outrigger::proxy {

UpstreamPolicies::UpstreamPolicies(Settings settings, resilience::Observer* observer)
    : settings_{std::move(settings)}, observer_{observer} {
    if (settings_.rate) rate_.emplace(*settings_.rate);
    if (settings_.slots) slots_.emplace(*settings_.slots);
    if (settings_.budget) budget_.emplace(*settings_.budget);
}

CallPolicies UpstreamPolicies::for_calls(std::string setting, const std::optional<resilience::Retry>& retry,
                                         bool idempotent) {
    resilience::Retrying* retrying = nullptr;
    if (retry)
        retrying = budget_ ? &retrying_.emplace_back(*retry, *budget_) : &retrying_.emplace_back(*retry);
    return {.name = settings_.name,
            .setting = settings_.setting,
            .call_setting = call_settings_.emplace_back(std::move(setting)),
            .rate = rate_ ? &*rate_ : nullptr,
            .slots = slots(),
            .breaker = settings_.breaker,
            .retrying = retrying,
            .idempotent = idempotent,
            .observer = observer_};
}

}   // namespace outrigger::proxy
