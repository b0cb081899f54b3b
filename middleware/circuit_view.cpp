// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/circuit_view.hpp>

#include <array>
#include <vector>

#include <outrigger/middleware/circuit_health.hpp>

namespace outrigger::middleware {
namespace {

using resilience::CircuitState;

class CircuitSource final : public metrics::Source {
public:
    CircuitSource(std::string upstream, std::shared_ptr<const CircuitView> circuit) noexcept
        : upstream_{std::move(upstream)}, circuit_{std::move(circuit)} {}

    void collect(std::vector<metrics::MetricFamily>& into) const override {
        const auto report = circuit_->report();
        if (!report) return;
        append_circuit_state(upstream_, report->state, into.emplace_back(circuit_state_family()));
    }

private:
    const std::string upstream_;
    const std::shared_ptr<const CircuitView> circuit_;
};

}   // namespace

metrics::MetricFamily circuit_state_family() {
    return {.name = "outrigger_circuit_state",
            .help = "1: the circuit is in this state.",
            .type = metrics::MetricType::gauge};
}

void append_circuit_state(std::string_view upstream, CircuitState state, metrics::MetricFamily& family) {
    constexpr std::array states{CircuitState::closed,    CircuitState::recovering,  CircuitState::open,
                                CircuitState::half_open, CircuitState::forced_open, CircuitState::forced_closed};
    static_assert(states.size() == resilience::circuit_state_count);
    for (const CircuitState one : states)
        family.numbers.push_back(
            {.labels = {{"upstream", std::string{upstream}}, {"state", std::string{to_string(one)}}},
             .value = one == state ? 1.0 : 0.0});
}

std::shared_ptr<const metrics::Source> circuit_metrics(std::string upstream,
                                                       std::shared_ptr<const CircuitView> circuit) {
    return std::make_shared<const CircuitSource>(std::move(upstream), std::move(circuit));
}

health::Indicator circuit_check(std::shared_ptr<const CircuitView> circuit) {
    return {.run = [circuit = std::move(circuit)](const health::Probe&) {
        if (!circuit) return health::up();
        const auto report = circuit->report();
        return report ? circuit_health(*report) : health::down("its pipeline has ended");
    }};
}

}   // namespace outrigger::middleware
