// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include <outrigger/resilience/breaker.hpp>
#include <outrigger/resilience/jitter.hpp>

namespace outrigger::resilience {

// A breaker as its description says it should be: one thread, lists instead of counters, no care for speed. It draws
// from its generator when the real one does, so that with equal seeds both must agree to the nanosecond.
class ReferenceBreaker {
public:
    enum class Answer : std::uint8_t { refused, passes, probes, passes_in_shadow };
    using Id = std::size_t;   // of a call, given by the caller

    ReferenceBreaker(const Breaker& settings, std::uint64_t seed) : settings_{settings}, rng_{seed} {}

    Answer ask(Id id, Instant now) {
        end_recovery(now);
        if (state == CircuitState::open && now >= until_) enter(CircuitState::half_open);
        if (state == CircuitState::half_open) return ask_half_open(id, now);
        const bool passes = state == CircuitState::closed || state == CircuitState::forced_closed ||
                            (state == CircuitState::recovering && rng_.fraction() < passing(now));
        if (!passes) return refuse();
        calls_[id] = {generation_, now, false};
        return Answer::passes;
    }

    void settle(Id id, Verdict verdict, Instant now) {
        const auto found = calls_.find(id);
        if (found == calls_.end()) return;   // it passed in shadow
        const Call call = found->second;
        calls_.erase(found);
        const bool slow = settings_.slow_call && now - call.started >= *settings_.slow_call;
        if (call.probe) return settle_probe(id, verdict, slow, now);
        if (verdict == Verdict::neutral) return;
        if (call.generation != generation_) {
            ++late;
            return;
        }
        record(verdict == Verdict::failure, slow, now);
    }
    void drop(Id id) { settle(id, Verdict::neutral, {}); }

    void force(CircuitState to, Instant now) {
        forget(now);
        enter(to);
    }
    void release(Instant now) {
        if (state != CircuitState::forced_open && state != CircuitState::forced_closed) return;
        forget(now);
        rest_ = {};
        enter(CircuitState::closed);
    }

    [[nodiscard]] Tally calls(Instant now) {
        if (state == CircuitState::open || state == CircuitState::half_open) return opened_with_;
        return total(now);
    }
    [[nodiscard]] CircuitState state_at(Instant now) const {
        return state == CircuitState::recovering && now >= until_ ? CircuitState::closed : state;
    }
    [[nodiscard]] std::uint64_t era() const { return generation_; }   // changes with the state
    [[nodiscard]] Duration left(Instant now) const { return std::max(Duration::zero(), until_ - now); }
    [[nodiscard]] std::uint32_t probes_under_way(Instant now) const {
        return static_cast<std::uint32_t>(
            std::count_if(probes_.begin(), probes_.end(), [&](const auto& probe) { return now < probe.second; }));
    }

    CircuitState state = CircuitState::closed;
    std::uint32_t probes_succeeded = 0;
    std::uint64_t refused = 0;
    std::uint64_t late = 0;

private:
    struct Call {
        std::uint64_t generation = 0;
        Instant started;
        bool probe = false;
    };
    struct Ended {
        std::int64_t bucket;
        bool failure;
        bool slow;
    };

    Answer refuse() {
        ++refused;
        return settings_.shadow ? Answer::passes_in_shadow : Answer::refused;
    }
    Answer ask_half_open(Id id, Instant now) {
        std::erase_if(probes_, [&](const auto& probe) { return probe.second <= now; });
        if (probes_.size() + probes_succeeded >= settings_.probes) return refuse();
        probes_[id] = now + settings_.probe_lease;
        calls_[id] = {generation_, now, true};
        return Answer::probes;
    }
    void settle_probe(Id id, Verdict verdict, bool slow, Instant now) {
        const auto probe = probes_.find(id);
        const bool in_time = probe != probes_.end() && now < probe->second;
        if (probe != probes_.end()) probes_.erase(probe);
        if (verdict == Verdict::neutral) return;
        if (!in_time) {
            ++late;
        } else if (verdict == Verdict::failure || slow) {
            open(now);
        } else if (++probes_succeeded == settings_.probes) {
            forget(now);
            closed_at_ = now;
            until_ = now + settings_.ramp.value_or(zero);
            enter(settings_.ramp ? CircuitState::recovering : CircuitState::closed);
        }
    }
    void record(bool failure, bool slow, Instant now) {
        advance(now);
        ended_.push_back({newest_, failure, slow});
        if (settings_.window_calls && ended_.size() > *settings_.window_calls) ended_.pop_front();
        in_a_row_ = failure ? in_a_row_ + 1 : 0;
        if (state == CircuitState::forced_closed) return;
        const Tally tally = total(now);
        const bool enough = tally.calls >= settings_.min_calls;
        const auto reaches = [&](std::uint64_t part, Ratio rate) {
            return static_cast<double>(part) >= rate.fraction() * static_cast<double>(tally.calls) - 1e-9;
        };
        if ((settings_.consecutive && failure && in_a_row_ >= *settings_.consecutive) ||
            (enough && reaches(tally.failures, settings_.failure_rate)) ||
            (enough && settings_.slow_call && reaches(tally.slow, settings_.slow_rate))) {
            opened_with_ = tally;
            open(now);
        }
    }
    void open(Instant now) {
        const bool soon = rest_ > zero && (state == CircuitState::half_open || now < closed_at_ + rest_);
        rest_ = soon && settings_.open_for_max ? std::min(rest_ * 2, *settings_.open_for_max) : settings_.open_for;
        until_ = now + varied(rest_, settings_.jitter, rng_);
        enter(CircuitState::open);
    }
    void end_recovery(Instant now) { state = state_at(now); }
    double passing(Instant now) const {
        const std::chrono::duration<double> left = until_ - now;
        return std::clamp(1.0 - left / std::chrono::duration<double>{*settings_.ramp}, 0.1, 1.0);
    }
    void enter(CircuitState to) {
        state = to;
        ++generation_;
        probes_.clear();
        probes_succeeded = 0;
    }
    void forget(Instant now) {
        ended_.clear();
        in_a_row_ = 0;
        origin_ = now;
        newest_ = 0;
    }
    // The window by time forgets whole tenths, whose edges lie where the first call after a pause or clearing was.
    void advance(Instant now) {
        if (settings_.window_calls) return;
        const Duration width = settings_.window / 10;
        if ((now - origin_) / width >= newest_ + 10) {
            origin_ = now;
            newest_ = 0;
            ended_.clear();
        }
        newest_ = std::max(newest_, (now - origin_) / width);
        while (!ended_.empty() && ended_.front().bucket <= newest_ - 10) ended_.pop_front();
    }
    Tally total(Instant now) {
        advance(now);
        Tally sum;
        for (const Ended& call : ended_) {
            ++sum.calls;
            sum.failures += call.failure ? 1U : 0U;
            sum.slow += call.slow ? 1U : 0U;
        }
        return sum;
    }

    static constexpr Duration zero{};

    const Breaker settings_;
    Rng rng_;
    std::map<Id, Call> calls_;             // under way
    std::map<Id, Instant> probes_;         // under way, and when their leases end
    std::deque<Ended> ended_;              // the window
    Instant origin_;                       // of the window's tenths
    std::int64_t newest_ = -10;            // the tenth that calls count in; nothing yet
    std::uint32_t in_a_row_ = 0;
    std::uint64_t generation_ = 0;
    Instant until_;
    Duration rest_ = {};
    Instant closed_at_;
    Tally opened_with_;
};

}  // namespace outrigger::resilience
