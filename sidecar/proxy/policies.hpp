// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <outrigger/resilience/breaker.hpp>
#include <outrigger/resilience/bulkhead.hpp>
#include <outrigger/resilience/pipeline_events.hpp>
#include <outrigger/resilience/rate_limit.hpp>
#include <outrigger/resilience/retry.hpp>

namespace outrigger::proxy {

// What decides about one kind of call. All of it outlives the calls; null: that policy is off.
struct CallPolicies {
    std::string_view name = "app";          // of the upstream, in events
    std::string_view setting = "inbound";   // where its policies are written
    std::string_view call_setting = "inbound";   // where `timeout` and `retry` of these calls are
    resilience::RateLimiter* rate = nullptr;
    resilience::ConcurrencyLimiter* slots = nullptr;
    resilience::CircuitBreaker* breaker = nullptr;   // the upstream's own: asked when an endpoint is picked
    resilience::Retrying* retrying = nullptr;
    bool idempotent = false;   // these calls may be made twice, whatever their method
    resilience::Observer* observer = nullptr;

    // Nobody waits for how an attempt ended.
    [[nodiscard]] bool only_limits() const noexcept { return !breaker && !retrying && !observer; }
    void tell(const resilience::Event& event) const noexcept {
        if (observer) observer->on(event);
    }
};

// The policies of one upstream with their state. Shared by all workers, which must end before it; thread-safe as each of
// them is.
class UpstreamPolicies {
public:
    struct Settings {
        std::string name;      // "users"
        std::string setting;   // "outbound.users"
        std::optional<resilience::RateLimit> rate = {};   // nothing: off, like all that follow
        std::optional<resilience::Bulkhead> slots = {};
        resilience::CircuitBreaker* breaker = nullptr;    // the upstream's
        std::optional<resilience::Budget> budget = {};    // of all retries together
    };
    // `observer` is told of what they decide; null: nobody is. Throws std::invalid_argument for settings that make no
    // sense.
    explicit UpstreamPolicies(Settings settings, resilience::Observer* observer = nullptr);

    // For calls with these retries (nothing: none), which are written under `setting`. Before workers start.
    [[nodiscard]] CallPolicies for_calls(std::string setting, const std::optional<resilience::Retry>& retry,
                                         bool idempotent);

    [[nodiscard]] const std::string& name() const noexcept { return settings_.name; }
    // Null: off.
    [[nodiscard]] resilience::ConcurrencyLimiter* slots() noexcept { return slots_ ? &*slots_ : nullptr; }
    [[nodiscard]] resilience::RetryBudget* budget() noexcept { return budget_ ? &*budget_ : nullptr; }

private:
    const Settings settings_;
    resilience::Observer* const observer_;
    std::optional<resilience::RateLimiter> rate_;
    std::optional<resilience::ConcurrencyLimiter> slots_;
    std::optional<resilience::RetryBudget> budget_;
    std::deque<std::string> call_settings_;
    std::deque<resilience::Retrying> retrying_;
};

}   // namespace outrigger::proxy
