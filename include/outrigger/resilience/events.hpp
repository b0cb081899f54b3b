// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/resilience/outcome_window.hpp>
#include <outrigger/resilience/verdict.hpp>

// What policies tell. One structure per kind of event; `policy` is the name that the policy or pipeline was given.
namespace outrigger::resilience {

// Why a circuit opened.
enum class OpenedBy : std::uint8_t { failure_rate, slow_rate, consecutive_failures, failed_probe };

[[nodiscard]] constexpr std::string_view to_string(OpenedBy by) noexcept {
    switch (by) {
        case OpenedBy::failure_rate: return "failure_rate";
        case OpenedBy::slow_rate: return "slow_rate";
        case OpenedBy::consecutive_failures: return "consecutive_failures";
        case OpenedBy::failed_probe: return "failed_probe";
    }
    return "";
}

// `sequence` grows by one with every change of a circuit: two threads may tell their changes in the other order.
struct CircuitOpened {
    std::string_view policy;
    std::uint64_t sequence;
    OpenedBy by;
    Tally window;    // what it held
    Duration rest;   // until the first probe
};
struct CircuitHalfOpened {
    std::string_view policy;
    std::uint64_t sequence;
};
struct CircuitClosed {
    std::string_view policy;
    std::uint64_t sequence;
    Duration ramp;   // over which traffic returns; zero: all at once
};
struct CircuitForced {
    enum class To : std::uint8_t { open, closed, released };
    std::string_view policy;
    std::uint64_t sequence;
    To to;
};

using CircuitEvent = std::variant<CircuitOpened, CircuitHalfOpened, CircuitClosed, CircuitForced>;

// Who is told of a circuit's changes: by the thread that caused them, with no lock held. It may use the breaker; it must
// outlive it, be thread-safe and not throw.
class CircuitObserver {
public:
    virtual void on(const CircuitEvent& event) noexcept = 0;

protected:
    ~CircuitObserver() = default;
};

}  // namespace outrigger::resilience
