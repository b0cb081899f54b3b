// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <variant>

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/resilience/pipeline_events.hpp>

namespace outrigger::logging {
class Logger;
}   // namespace outrigger::logging

namespace outrigger::middleware {

class OperationalLog;

// Who is told about one upstream: by its circuit, and by all its other policies.
class PolicyObserver : public resilience::Observer, public resilience::CircuitObserver {
public:
    using resilience::Observer::on;
    void on(const resilience::CircuitEvent& event) noexcept final {
        std::visit([this](const auto& change) { on(resilience::Event{change}); }, event);
    }

protected:
    ~PolicyObserver() = default;
};

// What the policies of upstreams tell, as metrics:
//   outrigger_attempts_total{upstream,outcome}         outcome: success, failure, neutral
//   outrigger_retries_total{upstream,reason}           reason: ours, or the status of the reply before
//   outrigger_retry_abandoned_total{upstream,reason}   why no further attempt followed one that might have been repeated
//   outrigger_retry_budget_exhausted_total{upstream}
//   outrigger_circuit_transitions_total{upstream,to}
//   outrigger_refused_total{upstream,reason}
// and as lines of the log: one for each change of a circuit, warn where it opens or is forced, else info; and at debug,
// so that an outage floods nobody, one for each attempt, retry, abandoned retry, refusal and fallback.
// (How a circuit stands changes with time alone: circuit_view.hpp.) The upstream is the name of its policies.
// Thread-safe; what it gives out must not outlive it.
class PolicyTelemetry {
public:
    // The log and its clock must outlive it; the registry need not.
    PolicyTelemetry(metrics::Registry& registry, const OperationalLog& log, const Clock& clock);
    // Into a user's log, with the fields event.action, outrigger.upstream, outrigger.reason.
    PolicyTelemetry(metrics::Registry& registry, const logging::Logger& log);
    ~PolicyTelemetry();
    PolicyTelemetry(const PolicyTelemetry&) = delete;
    PolicyTelemetry& operator=(const PolicyTelemetry&) = delete;

    // Who is told about the policies of this name; lives as long as this. Throws std::bad_alloc only.
    [[nodiscard]] PolicyObserver& observer(const std::string& upstream);

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}   // namespace outrigger::middleware
