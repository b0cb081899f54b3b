// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/breaker.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "reference_breaker.hpp"

// Random sequences of everything that can happen to a breaker, with random settings: it agrees with the reference at
// every step, never has too many probes under way, and loses no permit.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;
using Answer = ReferenceBreaker::Answer;

int draw(Rng& rng, std::uint64_t below) { return static_cast<int>(rng.below(below)); }

template <class T>
std::optional<T> sometimes(Rng& rng, T value) {
    return rng.below(2) == 0 ? std::optional<T>{value} : std::nullopt;
}

Breaker random_settings(Rng& rng) {
    Breaker settings;
    settings.failure_rate = static_cast<double>(1 + rng.below(100)) / 100.0;
    settings.slow_call = sometimes<Duration>(rng, 1ms * (1 + draw(rng, 300)));
    if (settings.slow_call) settings.slow_rate = static_cast<double>(1 + rng.below(100)) / 100.0;
    settings.consecutive = sometimes(rng, static_cast<std::uint32_t>(1 + rng.below(6)));
    settings.window = 1s * (1 + draw(rng, 10));
    settings.min_calls = static_cast<std::uint32_t>(1 + rng.below(10));
    settings.window_calls = sometimes(rng, settings.min_calls + static_cast<std::uint32_t>(rng.below(10)));
    settings.open_for = 10ms * (1 + draw(rng, 200));
    settings.jitter = static_cast<double>(rng.below(101)) / 100.0;
    settings.open_for_max = sometimes<Duration>(rng, settings.open_for * (1 + draw(rng, 8)));
    settings.probes = static_cast<std::uint32_t>(1 + rng.below(5));
    settings.probe_lease = 10ms * (1 + draw(rng, 100));
    settings.ramp = sometimes<Duration>(rng, 10ms * (1 + draw(rng, 200)));
    settings.shadow = rng.below(4) == 0;
    return settings;
}

class Sequence {
public:
    explicit Sequence(std::uint64_t seed)
        : rng_{seed},
          breaker_{random_settings(rng_)},
          reference_{breaker_.settings(), seed},
          chance_{seed},
          failing_{rng_.below(4)} {}

    void run(int steps) {
        for (step_ = 0; step_ < steps && !testing::Test::HasFailure(); ++step_) {
            do_something();
            compare();
        }
        end();
    }
    [[nodiscard]] std::uint64_t changes() const { return changes_; }

private:
    struct Running {
        ReferenceBreaker::Id id = 0;
        Permit permit;
        Instant lease_until;   // of a probe
        std::uint64_t era = 0;
    };

    void do_something() {
        switch (rng_.below(16)) {
            case 0: return pass_time();
            case 1: return pass_time();
            case 2: return drop();
            case 3: return rng_.below(8) == 0 ? change_by_hand() : pass_time();
            case 4:
            case 5:
            case 6:
            case 7:
            case 8:
            case 9: return ask();
            default: return settle();
        }
    }

    void pass_time() {
        switch (rng_.below(12)) {
            case 0: return pass(Duration{1});
            case 1: return pass(breaker_.settings().probe_lease);
            case 2: return pass(breaker_.settings().open_for);
            case 3: return pass(breaker_.settings().window);
            case 4: return pass(breaker_.report(now_).left);
            case 5: return rng_.below(20) == 0 ? pass(3h) : pass(1s);
            default: return pass(1us * draw(rng_, 200'000));
        }
    }
    void pass(Duration length) { now_ += length; }
    // Another thread read its clock a little earlier.
    Instant about_now() { return rng_.below(8) == 0 ? now_ - 1us * draw(rng_, 3000) : now_; }

    void ask() {
        const Instant now = about_now();
        const ReferenceBreaker::Id id = next_id_++;
        Result<Permit> permit = breaker_.try_acquire(now, chance_);
        EXPECT_EQ(answer(permit), reference_.ask(id, now)) << where();
        if (!permit) return;
        if (permit->is_probe()) expect_few_probes();
        running_.push_back({id, *std::move(permit), now + breaker_.settings().probe_lease, era()});
    }
    static Answer answer(const Result<Permit>& permit) {
        if (!permit) return Answer::refused;
        if (!permit->held()) return Answer::passes_in_shadow;
        return permit->is_probe() ? Answer::probes : Answer::passes;
    }
    // Counted here, from the permits given: whatever the breaker and the reference believe.
    void expect_few_probes() {
        const auto others = std::count_if(running_.begin(), running_.end(), [&](const Running& each) {
            return each.permit.held() && each.permit.is_probe() && each.era == era() && now_ < each.lease_until;
        });
        EXPECT_LT(others, breaker_.settings().probes) << where();
    }

    Running take_running() {
        const std::size_t at = rng_.below(4) == 0 ? rng_.below(running_.size()) : 0;
        Running one = std::move(running_[at]);
        running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
        return one;
    }
    void settle() {
        if (running_.empty()) return;
        const Instant now = about_now();
        Running one = take_running();
        if (!one.permit.held()) return;
        const Verdict verdict = rng_.below(8) == 0         ? Verdict::neutral
                                : rng_.below(4) < failing_ ? Verdict::failure
                                                           : Verdict::success;
        one.permit.settle(verdict, now, chance_);
        reference_.settle(one.id, verdict, now);
    }
    void drop() {
        if (!running_.empty()) reference_.drop(take_running().id);
    }
    void change_by_hand() {
        switch (rng_.below(4)) {
            case 0: breaker_.force_open(now_); return reference_.force(CircuitState::forced_open, now_);
            case 1: breaker_.force_closed(now_); return reference_.force(CircuitState::forced_closed, now_);
            default: breaker_.release(now_); return reference_.release(now_);
        }
    }

    void compare() {
        EXPECT_EQ(breaker_.state(), reference_.state) << where();
        const CircuitReport report = breaker_.report(now_);
        const Tally tally = reference_.calls(now_);
        EXPECT_EQ(report.calls.calls, tally.calls) << where();
        EXPECT_EQ(report.calls.failures, tally.failures) << where();
        EXPECT_EQ(report.calls.slow, tally.slow) << where();
        EXPECT_EQ(report.state, reference_.state_at(now_)) << where();
        EXPECT_EQ(report.probes_succeeded, reference_.probes_succeeded) << where();
        EXPECT_EQ(report.probes_under_way, reference_.probes_under_way(now_)) << where();
        EXPECT_EQ(report.refused, reference_.refused) << where();
        EXPECT_EQ(report.late, reference_.late) << where();
        if (report.state == CircuitState::open) {
            EXPECT_EQ(report.left, reference_.left(now_)) << where();
        }
        if (report.state != last_) ++changes_;
        last_ = report.state;
    }

    // However it went: when nothing hangs any more, the probes that are needed can all be had, and close the circuit.
    void end() {
        breaker_.release(now_);
        while (!running_.empty()) drop();
        if (breaker_.state() == CircuitState::open) pass(48h);
        const bool opened = breaker_.state() == CircuitState::open || breaker_.state() == CircuitState::half_open;
        for (std::uint32_t i = breaker_.report(now_).probes_succeeded; opened && i < breaker_.settings().probes; ++i) {
            Result<Permit> probe = breaker_.try_acquire(now_, chance_);
            ASSERT_TRUE(probe && probe->is_probe()) << where();
            probe->settle(Verdict::success, now_, chance_);
        }
        EXPECT_TRUE(breaker_.state() == CircuitState::closed || breaker_.state() == CircuitState::recovering) << where();
    }

    // Changes with every opening, closing and forcing: probes of different eras need not fit into one number.
    [[nodiscard]] std::uint64_t era() { return reference_.era(); }
    [[nodiscard]] std::string where() { return "step " + std::to_string(step_) + ": " + explain(breaker_.report(now_)); }

    Rng rng_;
    CircuitBreaker breaker_;
    ReferenceBreaker reference_;
    Rng chance_;                    // the breaker's; the reference has the same
    std::uint64_t failing_;         // quarters of the calls
    Instant now_{1h};
    std::vector<Running> running_;
    ReferenceBreaker::Id next_id_ = 0;
    int step_ = 0;
    CircuitState last_ = CircuitState::closed;
    std::uint64_t changes_ = 0;
};

TEST(Breaker, agrees_with_the_reference_over_thousands_of_random_sequences) {
    std::uint64_t changes = 0;
    for (std::uint64_t seed = 1; seed <= 3000 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Sequence sequence{seed};
        sequence.run(150);
        changes += sequence.changes();
    }
    EXPECT_GT(changes, 10'000U) << "the sequences walk through the states";
}

}  // namespace
}  // namespace outrigger::resilience
