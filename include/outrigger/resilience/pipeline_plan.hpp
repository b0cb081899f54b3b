// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/resilience/retry.hpp>

// What can be said of a pipeline before any call: how it is ordered, what that makes of its settings, and how long and
// how often a call may go on at worst.
namespace outrigger::resilience {

struct PlannedTimeout {
    Duration limit;
};
struct PlannedRetry {
    Retry settings;
};
struct PlannedBreaker {};
struct PlannedRateLimit {};
struct PlannedBulkhead {
    Duration wait;   // at most
};
struct PlannedClassify {};
struct PlannedFallback {};

using PlannedPolicy = std::variant<PlannedTimeout, PlannedRetry, PlannedBreaker, PlannedRateLimit, PlannedBulkhead,
                                   PlannedClassify, PlannedFallback>;
// Outermost first.
using Plan = std::vector<PlannedPolicy>;

struct WorstCase {
    std::uint64_t attempts = 1;
    // Until the last deadline has passed: a function that observes none may take longer. Nothing: no timeout bounds it.
    std::optional<Duration> latency;
    bool callee_may_add = false;   // by asking for longer pauses (Retry-After): no timeout is around the retry

    friend bool operator==(const WorstCase&, const WorstCase&) = default;
};
[[nodiscard]] WorstCase worst_case(const Plan& plan);

// What is probably a mistake, a sentence each.
[[nodiscard]] std::vector<std::string> lint(const Plan& plan);

// All of it, in lines: the order, the worst case, the warnings.
[[nodiscard]] std::string explain(std::string_view name, const Plan& plan);

}  // namespace outrigger::resilience
