// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <outrigger/logging/logger.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/circuit_view.hpp>
#include <outrigger/resilience/pipeline_events.hpp>

namespace outrigger::middleware {
namespace detail {

[[nodiscard]] std::shared_ptr<resilience::Observer> policy_recorder(const std::string& upstream,
                                                                    metrics::Registry& registry,
                                                                    const logging::Logger& log,
                                                                    resilience::Observer* next);

}   // namespace detail

// Every event of a pipeline's policies becomes a metric and a line of the log; policy_telemetry.hpp has their names.
// outrigger_circuit_state{upstream,state} shows how its circuit stands at each scrape. `upstream` is the pipeline's
// name.
//
//     auto users = pipeline("users", Timeout{.limit = 2s}, Retry{.attempts = 3}, Breaker{});
//     record(users, registry, log);
//
// For compile-time pipelines and for ConfiguredPipeline. What it makes belongs to the pipeline and to the registry
// together: either may end first. After the registry's end events are counted where nobody looks, after the pipeline's
// its circuit has no series any more, and the counters stand. The log is kept as a copy. Recorded again, a pipeline
// counts into the new registry only. Two pipelines of one name count into the same series; the page shows the circuit of
// the first, and says at every scrape that there is another, in
// outrigger_scrape_source_errors_total{cause="duplicate_series"}: so too if one is recorded twice in one registry. An
// Observer that the pipeline was given itself is told as before; one that it is given later takes the place of this.
// Throws std::bad_alloc, and std::invalid_argument if the registry has one of the names in another shape.
template <class Pipeline>
void record(Pipeline& pipeline, metrics::Registry& registry, const logging::Logger& log) {
    pipeline.observe(detail::policy_recorder(pipeline.name(), registry, log, pipeline.observer()));
    if (auto circuit = view_circuit(pipeline)) registry.absorb(circuit_metrics(pipeline.name(), std::move(circuit)));
}

}   // namespace outrigger::middleware
