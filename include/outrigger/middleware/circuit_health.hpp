// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/health/outcome.hpp>
#include <outrigger/resilience/breaker.hpp>

namespace outrigger::middleware {

// How many addresses of a dependency get calls, where somebody knows.
struct EndpointCounts {
    std::size_t healthy = 0;
    std::size_t ejected = 0;               // get none for a time
    std::string_view why_none = {};        // where there are neither: "the name does not exist"; may be empty
    bool panic = false;                    // so many are ejected that they get calls all the same
};

// What a dependency's circuit and endpoints say of its health, without asking it anything: a passive check, to be
// reported with health::Registry::report().
//
//   up        closed, by itself or by hand; or in shadow mode, whatever it would do
//   down      open and resting, or open by hand; all endpoints ejected, and no panic; no endpoint known
//   degraded  open with its rest over, half-open, or recovering: it must get calls to find out. Were that down, nobody
//             would call an application that is unready because of it, and the circuit would stay open for ever.
//
// The details `circuit` (its state) and, where known, `endpoints` and `ejected`. Nothing in it counts calls or time, so
// that a document changes only when the standing does. Report it whenever the circuit tells of a change (CircuitObserver),
// and once more after circuit_health_changes_in(). As the circuit has decided on many calls already, the check is best
// damped no more (fail_after 1).
[[nodiscard]] health::Outcome circuit_health(const resilience::CircuitReport& circuit,
                                             const std::optional<EndpointCounts>& endpoints = {});

// For how long that holds unless an event tells otherwise; nothing: until one does.
[[nodiscard]] std::optional<Duration> circuit_health_changes_in(const resilience::CircuitReport& circuit) noexcept;

}  // namespace outrigger::middleware
