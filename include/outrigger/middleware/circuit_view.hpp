// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <outrigger/core/clock.hpp>
#include <outrigger/health/probe.hpp>
#include <outrigger/metrics/family.hpp>
#include <outrigger/metrics/source.hpp>
#include <outrigger/resilience/breaker.hpp>

namespace outrigger::middleware {

// How a pipeline's circuit stands, for those who may outlive the pipeline: after its end there is nothing to see.
// Thread-safe.
class CircuitView {
public:
    CircuitView(resilience::CircuitBreaker& breaker, const Clock& clock) noexcept : breaker_{&breaker}, clock_{clock} {}

    [[nodiscard]] std::optional<resilience::CircuitReport> report() const {
        const std::scoped_lock lock{mutex_};
        return breaker_ ? std::optional{breaker_->report(clock_.now())} : std::nullopt;
    }
    // The circuit and the clock are touched no more.
    void end() noexcept {
        const std::scoped_lock lock{mutex_};
        breaker_ = nullptr;
    }

private:
    mutable std::mutex mutex_;
    resilience::CircuitBreaker* breaker_;
    const Clock& clock_;
};

// Of a pipeline's outermost breaker; null: it has none. Throws std::bad_alloc.
template <class Pipeline>
[[nodiscard]] std::shared_ptr<CircuitView> view_circuit(Pipeline& pipeline) {
    resilience::CircuitBreaker* breaker = nullptr;
    if constexpr (requires { Pipeline::template has<resilience::Breaker>; }) {
        if constexpr (Pipeline::template has<resilience::Breaker>)
            breaker = &pipeline.template policy<resilience::Breaker>();
    } else {
        breaker = pipeline.template policy<resilience::Breaker>();
    }
    if (!breaker) return nullptr;
    auto view = std::make_shared<CircuitView>(*breaker, pipeline.clock());
    pipeline.keep(std::shared_ptr<const void>{view.get(), [view](const void*) { view->end(); }});
    return view;
}

// Appends a series of outrigger_circuit_state{upstream,state} for each state: 1 for this one, 0 for the others.
void append_circuit_state(std::string_view upstream, resilience::CircuitState state, metrics::MetricFamily& family);
// Without series.
[[nodiscard]] metrics::MetricFamily circuit_state_family();

// outrigger_circuit_state of one circuit, as it stands at the scrape.
[[nodiscard]] std::shared_ptr<const metrics::Source> circuit_metrics(std::string upstream,
                                                                     std::shared_ptr<const CircuitView> circuit);

// Health without probe traffic: what the circuit already knows (circuit_health.hpp has the rule). Null: up, for what
// has no breaker is never known to be down. After the end of the pipeline it is down.
[[nodiscard]] health::Indicator circuit_check(std::shared_ptr<const CircuitView> circuit);

// A pipeline's circuit as a check:
//
//     health.ready("users", circuit_check(users), {.optional = true, .damping = {.fail_after = 1}});
//
// It is looked at as often as the check is run. The pipeline may end before the registry, and the other way round.
template <class Pipeline>
requires(!std::is_convertible_v<Pipeline&, std::shared_ptr<const CircuitView>>)
[[nodiscard]] health::Indicator circuit_check(Pipeline& pipeline) {
    return circuit_check(std::shared_ptr<const CircuitView>{view_circuit(pipeline)});
}

}   // namespace outrigger::middleware
