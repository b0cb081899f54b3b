// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/operational_log.hpp>
#include <outrigger/middleware/policy_telemetry.hpp>

#include <array>
#include <charconv>
#include <deque>
#include <mutex>
#include <new>
#include <string_view>
#include <variant>

#include <outrigger/core/units_text.hpp>
#include <outrigger/resilience/breaker.hpp>

namespace outrigger::middleware {
namespace {

using namespace resilience;
using logging::Level;
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

std::string opened_sentence(const CircuitOpened& event) {
    std::string text = "the circuit of " + std::string{event.policy} + " opened (" + std::string{to_string(event.by)} +
                       "): " + std::to_string(event.window.failures) + " of " + std::to_string(event.window.calls) +
                       " calls failed";
    if (event.window.slow) text += ", " + std::to_string(event.window.slow) + " were slow";
    return text + "; it rests for " + to_string(event.rest);
}

// One upstream's.
class Upstream final : public PolicyObserver {
public:
    Upstream(const Families& families, const OperationalLog& log, const Clock& clock, std::string name)
        : families_{families},
          log_{log},
          clock_{clock},
          name_{std::move(name)},
          attempts_{families.attempts.with(name_, to_string(Verdict::success)),
                    families.attempts.with(name_, to_string(Verdict::failure)),
                    families.attempts.with(name_, to_string(Verdict::neutral))},
          exhausted_{families.exhausted.with(name_)} {}

    using PolicyObserver::on;
    void on(const Event& event) noexcept override {
        if (const auto* ended = std::get_if<AttemptEnded>(&event))   // of every call
            return attempts_[static_cast<std::size_t>(ended->verdict)].increment();
        try {
            std::visit([this](const auto& one) { tell(one); }, event);
        } catch (const std::bad_alloc&) {   // an event is lost, and nothing else
        }
    }

private:
    void tell(const AttemptEnded&) {}
    void tell(const FellBack&) {}    // the call's own end tells it
    void tell(const CallEnded&) {}   // the HTTP instruments count calls
    void tell(const RetryScheduled& event) {
        std::array<char, 12> digits{};
        std::string_view why = event.because ? to_string(*event.because) : "failed";
        if (!event.because && event.status != 0) {
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), event.status).ptr;
            why = {digits.data(), static_cast<std::size_t>(end - digits.data())};
        }
        families_.retries.with(name_, why).increment();
    }
    void tell(const RetryAbandoned& event) {
        families_.abandoned.with(name_, to_string(event.why)).increment();
        if (event.why == Stop::budget_spent) exhausted_.increment();
    }
    void tell(const CallRefused& event) { families_.refused.with(name_, to_string(event.fault.reason)).increment(); }
    void tell(const CircuitOpened& event) {
        count(CircuitState::open);
        log_.say(Level::warn, opened_sentence(event), clock_.wall());
    }
    void tell(const CircuitHalfOpened&) {
        count(CircuitState::half_open);
        log_.say(Level::info, "the circuit of " + name_ + " is half-open: it lets probes pass", clock_.wall());
    }
    void tell(const CircuitClosed& event) {
        const bool ramps = event.ramp > Duration::zero();
        count(ramps ? CircuitState::recovering : CircuitState::closed);
        log_.say(Level::info,
                 "the circuit of " + name_ + " closed" + (ramps ? "; traffic returns over " + to_string(event.ramp) : ""),
                 clock_.wall());
    }
    void tell(const CircuitForced& event) {
        switch (event.to) {
            case CircuitForced::To::open: return forced(CircuitState::forced_open, "is held open by hand");
            case CircuitForced::To::closed: return forced(CircuitState::forced_closed, "is held closed by hand");
            case CircuitForced::To::released: return forced(CircuitState::closed, "is released");
        }
    }
    void forced(CircuitState state, std::string_view what) {
        count(state);
        log_.say(Level::warn, "the circuit of " + name_ + ' ' + std::string{what}, clock_.wall());
    }

    void count(CircuitState to) { families_.transitions.with(name_, to_string(to)).increment(); }

    const Families& families_;
    const OperationalLog& log_;
    const Clock& clock_;
    const std::string name_;
    const std::array<Counter, 3> attempts_;   // by Verdict
    const Counter exhausted_;
};

}   // namespace

class PolicyTelemetry::Parts {
public:
    Parts(metrics::Registry& registry, const OperationalLog& log, const Clock& clock)
        : families_{registry}, log_{log}, clock_{clock} {}

    PolicyObserver& observer(const std::string& upstream) {
        const std::scoped_lock lock{mutex_};
        return upstreams_.emplace_back(families_, log_, clock_, upstream);
    }

private:
    Families families_;
    const OperationalLog& log_;
    const Clock& clock_;
    std::mutex mutex_;
    std::deque<Upstream> upstreams_;
};

PolicyTelemetry::PolicyTelemetry(metrics::Registry& registry, const OperationalLog& log, const Clock& clock)
    : parts_{std::make_unique<Parts>(registry, log, clock)} {}
PolicyTelemetry::~PolicyTelemetry() = default;

PolicyObserver& PolicyTelemetry::observer(const std::string& upstream) {
    return parts_->observer(upstream);
}

}   // namespace outrigger::middleware
