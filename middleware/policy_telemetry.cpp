// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/policy_telemetry.hpp>
#include "policy_lines.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <mutex>
#include <new>
#include <utility>
#include <variant>

#include <outrigger/resilience/breaker.hpp>

namespace outrigger::middleware {
namespace {

using namespace resilience;
using metrics::Counter;
using metrics::Family;

struct Families {
    explicit Families(metrics::Registry& registry)
        : attempts{registry.counter("outrigger_attempts_total", "Attempts of calls, by what they say of the upstream.",
                                    metrics::labels("upstream", "outcome"))},
          retries{registry.counter("outrigger_retries_total", "Attempts that followed another one, by why.",
                                   metrics::labels("upstream", "reason"))},
          abandoned{registry.counter("outrigger_retry_abandoned_total",
                                     "Failed attempts that might have been repeated and were not, by why.",
                                     metrics::labels("upstream", "reason"))},
          exhausted{registry.counter("outrigger_retry_budget_exhausted_total",
                                     "Retries that the retry budget did not allow.", metrics::labels("upstream"))},
          transitions{registry.counter("outrigger_circuit_transitions_total", "How often the circuit became so.",
                                       metrics::labels("upstream", "to"))},
          refused{registry.counter("outrigger_refused_total", "Calls that a policy did not let pass.",
                                   metrics::labels("upstream", "reason"))} {}

    Family<Counter, 2> attempts;
    Family<Counter, 2> retries;
    Family<Counter, 2> abandoned;
    Family<Counter, 1> exhausted;
    Family<Counter, 2> transitions;
    Family<Counter, 2> refused;
};

// One upstream's.
class Upstream final : public PolicyObserver {
public:
    Upstream(const Families& families, const PolicyLines& lines, std::string name)
        : families_{families},
          lines_{lines},
          name_{std::move(name)},
          attempts_{families.attempts.with(name_, to_string(Verdict::success)),
                    families.attempts.with(name_, to_string(Verdict::failure)),
                    families.attempts.with(name_, to_string(Verdict::neutral))},
          exhausted_{families.exhausted.with(name_)} {}

    using PolicyObserver::on;
    void on(const Event& event) noexcept override {
        try {
            std::visit([this](const auto& one) { count(one); }, event);
            lines_.tell(event);
        } catch (const std::bad_alloc&) {   // an event is lost, and nothing else
        }
    }

private:
    void count(const AttemptEnded& event) { attempts_[static_cast<std::size_t>(event.verdict)].increment(); }
    void count(const FellBack&) {}    // the call's own end tells it
    void count(const CallEnded&) {}   // the HTTP instruments count calls
    void count(const RetryScheduled& event) { families_.retries.with(name_, RetryCause{event}.text()).increment(); }
    void count(const RetryAbandoned& event) {
        families_.abandoned.with(name_, to_string(event.why)).increment();
        if (event.why == Stop::budget_spent) exhausted_.increment();
    }
    void count(const CallRefused& event) { families_.refused.with(name_, to_string(event.fault.reason)).increment(); }
    void count(const CircuitOpened&) { became(CircuitState::open); }
    void count(const CircuitHalfOpened&) { became(CircuitState::half_open); }
    void count(const CircuitClosed& event) {
        became(event.ramp > Duration::zero() ? CircuitState::recovering : CircuitState::closed);
    }
    void count(const CircuitForced& event) {
        switch (event.to) {
            case CircuitForced::To::open: return became(CircuitState::forced_open);
            case CircuitForced::To::closed: return became(CircuitState::forced_closed);
            case CircuitForced::To::released: return became(CircuitState::closed);
        }
    }
    void became(CircuitState to) { families_.transitions.with(name_, to_string(to)).increment(); }

    const Families& families_;
    const PolicyLines& lines_;
    const std::string name_;
    const std::array<Counter, 3> attempts_;   // by Verdict
    const Counter exhausted_;
};

}   // namespace

class PolicyTelemetry::Parts {
public:
    Parts(metrics::Registry& registry, std::unique_ptr<PolicyLines> lines)
        : families_{registry}, lines_{std::move(lines)} {}

    PolicyObserver& observer(const std::string& upstream) {
        const std::scoped_lock lock{mutex_};
        return upstreams_.emplace_back(families_, *lines_, upstream);
    }

private:
    Families families_;
    const std::unique_ptr<PolicyLines> lines_;
    std::mutex mutex_;
    std::deque<Upstream> upstreams_;
};

PolicyTelemetry::PolicyTelemetry(metrics::Registry& registry, const OperationalLog& log, const Clock& clock)
    : parts_{std::make_unique<Parts>(registry, policy_lines(log, clock))} {}
PolicyTelemetry::PolicyTelemetry(metrics::Registry& registry, const logging::Logger& log)
    : parts_{std::make_unique<Parts>(registry, policy_lines(log))} {}
PolicyTelemetry::~PolicyTelemetry() = default;

PolicyObserver& PolicyTelemetry::observer(const std::string& upstream) {
    return parts_->observer(upstream);
}

}   // namespace outrigger::middleware
