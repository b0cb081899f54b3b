// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/circuit_health.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace outrigger::middleware {
namespace {

using health::Outcome;
using resilience::CircuitReport;
using resilience::CircuitState;

Outcome standing(const CircuitReport& circuit) {
    switch (circuit.state) {
        case CircuitState::closed: return health::up();
        case CircuitState::recovering: return health::degraded("the circuit closed a moment ago, and calls return gradually");
        case CircuitState::open:
            if (circuit.left > Duration::zero()) return health::down("the circuit is open: " + why_opened(circuit));
            return health::degraded("the circuit has rested, and the next call probes: it was open because " +
                                    why_opened(circuit));
        case CircuitState::half_open:
            return health::degraded("the circuit is half-open, and some calls probe: it was open because " +
                                    why_opened(circuit));
        case CircuitState::forced_open: return health::down("the circuit is held open by hand");
        case CircuitState::forced_closed: return {health::Status::up, "the circuit is held closed by hand"};
    }
    return health::up();
}

// In shadow mode every call passes, and only the message says what would be.
Outcome standing_of_circuit(const CircuitReport& circuit) {
    Outcome outcome = standing(circuit);
    if (!circuit.shadow || outcome.status == health::Status::up) return outcome;
    return {health::Status::up, "shadow, every call passes: " + outcome.message};
}

std::optional<Outcome> trouble_with(const EndpointCounts& endpoints) {
    if (endpoints.healthy > 0 || (endpoints.panic && endpoints.ejected > 0)) return std::nullopt;
    if (endpoints.ejected > 0) return health::down("all endpoints are ejected");
    std::string message = "no endpoint is known";
    if (!endpoints.why_none.empty()) message.append(": ").append(endpoints.why_none);
    return health::down(std::move(message));
}

}  // namespace

Outcome circuit_health(const CircuitReport& circuit, const std::optional<EndpointCounts>& endpoints) {
    Outcome outcome = standing_of_circuit(circuit);
    // Of two troubles the circuit's is told: it stopped the calls, and why.
    if (outcome.status != health::Status::down && endpoints)
        if (auto trouble = trouble_with(*endpoints)) outcome = std::move(*trouble);
    outcome.details.push_back({"circuit", std::string{to_string(circuit.state)}});
    if (endpoints) {
        outcome.details.push_back({"endpoints", static_cast<std::int64_t>(endpoints->healthy + endpoints->ejected)});
        outcome.details.push_back({"ejected", static_cast<std::int64_t>(endpoints->ejected)});
    }
    return outcome;
}

std::optional<Duration> circuit_health_changes_in(const CircuitReport& circuit) noexcept {
    const bool by_time = circuit.state == CircuitState::open || circuit.state == CircuitState::recovering;
    return by_time && circuit.left > Duration::zero() ? std::optional{circuit.left} : std::nullopt;
}

}  // namespace outrigger::middleware
