// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/breaker.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "driven_circuit.hpp"

// What tests/scenario/resilience/breaker_test.cpp, which walks the states, does not show: numbers, clocks, permits,
// settings.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using enum Verdict;

constexpr Breaker usual{.min_calls = 4, .open_for = 5s, .jitter = 0_percent, .probes = 2, .probe_lease = 1s};

// ---- Shares

TEST(Breaker, opens_exactly_at_its_rate) {
    for (std::uint32_t percent = 1; percent <= 100; ++percent) {
        DrivenCircuit circuit{{.failure_rate = percent / 100.0, .min_calls = 100}};
        circuit.call(success, static_cast<int>(100 - percent));
        circuit.call(failure, static_cast<int>(percent) - 1);
        EXPECT_EQ(circuit.breaker.state(), CircuitState::closed) << percent;
        circuit.call(failure);
        EXPECT_EQ(circuit.breaker.state(), CircuitState::open) << percent;
    }
}

TEST(Breaker, finds_that_two_of_three_reach_two_thirds_and_three_of_thirty_a_tenth) {
    DrivenCircuit thirds{{.failure_rate = 2.0 / 3, .min_calls = 3}};
    thirds.call(success);
    thirds.call(failure, 2);
    EXPECT_EQ(thirds.breaker.state(), CircuitState::open);
    DrivenCircuit tenths{{.failure_rate = 0.1, .min_calls = 30}};
    tenths.call(success, 27);
    tenths.call(failure, 3);
    EXPECT_EQ(tenths.breaker.state(), CircuitState::open);
}

TEST(Breaker, does_not_open_just_below_its_rate_among_many_calls) {
    DrivenCircuit circuit{{.failure_rate = 1_percent, .min_calls = 10'000}};
    circuit.call(success, 9901);
    circuit.call(failure, 99);
    EXPECT_EQ(circuit.breaker.state(), CircuitState::closed);
    circuit.call(failure, 2);
    EXPECT_EQ(circuit.breaker.state(), CircuitState::open) << "101 of 10,002";
}

TEST(Breaker, goes_on_deciding_when_a_bucket_of_its_window_is_full) {
    DrivenCircuit circuit{{.failure_rate = 50_percent, .min_calls = 4}};
    circuit.call(success, 1'100'000);
    circuit.call(failure, 500'000);
    EXPECT_EQ(circuit.breaker.state(), CircuitState::closed);
    circuit.call(failure, 600'000);
    EXPECT_EQ(circuit.breaker.state(), CircuitState::open);
    EXPECT_NEAR(static_cast<double>(circuit.report().calls.failures) / static_cast<double>(circuit.report().calls.calls),
                0.5, 0.001);
}

TEST(Breaker, counts_a_call_that_is_slow_and_fails_once_in_each_share) {
    DrivenCircuit circuit{{.slow_call = 10ms, .slow_rate = 50_percent, .min_calls = 100}};
    Result<Permit> call = circuit.ask();
    circuit.pass(10ms);
    circuit.settle(call, failure);
    EXPECT_EQ(circuit.report().calls, (Tally{1, 1, 1}));
}

TEST(Breaker, says_that_failures_opened_it_when_both_shares_are_reached) {
    DrivenCircuit circuit{{.slow_call = 10ms, .slow_rate = 100_percent, .min_calls = 1}};
    Result<Permit> call = circuit.ask();
    circuit.pass(10ms);
    circuit.settle(call, failure);
    EXPECT_THAT(circuit.told, ElementsAre("1 opened (failure_rate)"));
}

// ---- Time

TEST(Breaker, varies_its_rest_to_both_sides_by_its_jitter) {
    DrivenCircuit circuit{{.min_calls = 1, .open_for = 10s, .jitter = 20_percent, .probes = 1}};
    circuit.call(failure);
    for (int i = 0; i < 2000; ++i) {
        circuit.pass(circuit.rests.back());
        circuit.call(failure);
    }
    const auto [shortest, longest] = std::minmax_element(circuit.rests.begin(), circuit.rests.end());
    EXPECT_GE(*shortest, 8s);
    EXPECT_LT(*shortest, 8050ms);
    EXPECT_LE(*longest, 12s);
    EXPECT_GT(*longest, 11950ms);
}

TEST(Breaker, tells_the_rest_that_it_takes) {
    DrivenCircuit circuit{{.min_calls = 1, .open_for = 10s, .jitter = 100_percent}};
    circuit.call(failure);
    EXPECT_EQ(circuit.report().left, circuit.rests.back());
    circuit.pass(circuit.rests.back() - 1ns);
    EXPECT_FALSE(circuit.passes());
    circuit.pass(1ns);
    EXPECT_TRUE(circuit.passes());
}

TEST(Breaker, works_with_a_clock_that_stands_still) {
    DrivenCircuit circuit{usual};
    circuit.call(failure, 4);
    EXPECT_EQ(circuit.call(success, 100), 0);
    circuit.breaker.force_closed(circuit.now);
    circuit.breaker.release(circuit.now);
    EXPECT_EQ(circuit.call(success, 100), 100);
    circuit.call(failure, 100);
    EXPECT_EQ(circuit.breaker.state(), CircuitState::open);
}

TEST(Breaker, works_with_a_clock_that_jumps_hours_forward_in_every_state) {
    DrivenCircuit circuit{usual};
    circuit.call(failure, 3);
    Result<Permit> long_call = circuit.ask();
    circuit.pass(7h);
    circuit.settle(long_call, failure);
    EXPECT_EQ(circuit.report().calls, (Tally{1, 1, 0}));
    circuit.call(failure, 3);
    circuit.pass(7h);
    Result<Permit> hung = circuit.ask();
    circuit.pass(7h);
    EXPECT_EQ(circuit.call(success, 2), 2);
    EXPECT_EQ(circuit.breaker.state(), CircuitState::closed);
    EXPECT_EQ(circuit.call(success, 100), 100);
}

TEST(Breaker, works_with_instants_that_go_back_a_little) {
    DrivenCircuit circuit{usual};
    Result<Permit> call = circuit.ask();
    circuit.now -= 3ms;
    circuit.settle(call, failure);
    circuit.call(failure, 3);
    EXPECT_EQ(circuit.breaker.state(), CircuitState::open);
    circuit.now -= 2s;
    EXPECT_EQ(circuit.ask().error().retry_after, 7s) << "as that thread sees it";
    circuit.pass(7s);
    Result<Permit> probe = circuit.ask();
    circuit.now -= 1s;
    EXPECT_TRUE(circuit.passes());
    circuit.settle(probe, success);
    EXPECT_EQ(circuit.report().probes_succeeded, 1U);
    circuit.call(success);
    EXPECT_EQ(circuit.breaker.state(), CircuitState::closed);
}

TEST(Breaker, with_the_ends_of_the_time_line_as_instants_does_not_overflow) {
    DrivenCircuit circuit{{.min_calls = 1, .open_for = 1h, .jitter = 100_percent, .probes = 1, .probe_lease = 1h}};
    circuit.now = never - 1ns;
    circuit.call(failure);
    EXPECT_FALSE(circuit.passes()) << "the rest ends at the end of time";
    circuit.now = never;
    EXPECT_TRUE(circuit.passes());
    DrivenCircuit from_zero{usual};
    from_zero.now = Instant{};
    from_zero.call(failure, 4);
    EXPECT_EQ(from_zero.breaker.state(), CircuitState::open);
}

TEST(Breaker, sees_a_probe_as_late_from_the_very_end_of_its_lease_on) {
    for (const bool in_time : {true, false}) {
        DrivenCircuit circuit{{.min_calls = 1, .open_for = 5s, .jitter = 0_percent, .probes = 1, .probe_lease = 1s}};
        circuit.call(failure);
        circuit.pass(5s);
        Result<Permit> probe = circuit.ask();
        circuit.pass(in_time ? 1s - 1ns : 1s);
        circuit.settle(probe, success);
        EXPECT_EQ(circuit.breaker.state(), in_time ? CircuitState::closed : CircuitState::half_open);
        EXPECT_EQ(circuit.report().late, in_time ? 0U : 1U);
    }
}

// ---- Permits

TEST(Permit, settles_once) {
    DrivenCircuit circuit{usual};
    Result<Permit> call = circuit.ask();
    EXPECT_TRUE(call->held());
    circuit.settle(call, failure);
    EXPECT_FALSE(call->held());
    circuit.settle(call, failure);
    EXPECT_EQ(circuit.report().calls, (Tally{1, 1, 0}));
}

TEST(Permit, moved_belongs_to_its_new_holder) {
    DrivenCircuit circuit{usual};
    Result<Permit> call = circuit.ask();
    Permit second{*std::move(call)};
    EXPECT_FALSE(call->held());
    Permit third;
    third = std::move(second);
    EXPECT_TRUE(third.held());
    Permit& same = third;
    third = std::move(same);
    EXPECT_TRUE(third.held());
    third.settle(failure, circuit.now, circuit.rng);
    circuit.settle(call, failure);
    EXPECT_EQ(circuit.report().calls, (Tally{1, 1, 0}));
}

TEST(Permit, of_a_probe_moved_keeps_its_place_and_one_assigned_over_gives_it_back) {
    DrivenCircuit circuit{usual};
    circuit.call(failure, 4);
    circuit.pass(5s);
    Permit held = *circuit.ask();
    EXPECT_TRUE(held.is_probe());
    const Result<Permit> other = circuit.ask();
    EXPECT_FALSE(circuit.passes());
    held = Permit{};
    EXPECT_FALSE(held.held());
    EXPECT_TRUE(circuit.passes());
    Permit again = *circuit.ask();
    Permit moved = std::move(again);
    EXPECT_FALSE(circuit.passes()) << "two are under way";
    moved.settle(success, circuit.now, circuit.rng);
    EXPECT_EQ(circuit.report().probes_succeeded, 1U);
}

TEST(Permit, of_nothing_may_be_settled) {
    Rng rng{1};
    Permit nothing;
    nothing.settle(failure, Instant{}, rng);
    EXPECT_FALSE(nothing.held());
    EXPECT_FALSE(nothing.is_probe());
}

// ---- Idle

TEST(Breaker, is_idle_when_it_is_closed_and_its_window_is_empty) {
    DrivenCircuit circuit{usual};
    EXPECT_TRUE(circuit.breaker.idle(circuit.now));
    circuit.call(success);
    EXPECT_FALSE(circuit.breaker.idle(circuit.now));
    circuit.pass(10s);
    EXPECT_TRUE(circuit.breaker.idle(circuit.now));
    circuit.call(failure, 4);
    circuit.pass(1h);
    EXPECT_FALSE(circuit.breaker.idle(circuit.now)) << "open";
    circuit.breaker.force_closed(circuit.now);
    EXPECT_FALSE(circuit.breaker.idle(circuit.now)) << "by hand";
    circuit.breaker.release(circuit.now);
    EXPECT_TRUE(circuit.breaker.idle(circuit.now));
}

TEST(Breaker, is_idle_after_its_ramp_even_if_nobody_calls) {
    DrivenCircuit circuit{{.min_calls = 1, .open_for = 1s, .jitter = 0_percent, .probes = 1, .ramp = 10s}};
    circuit.call(failure);
    circuit.pass(1s);
    circuit.call(success);
    circuit.pass(10s - 1ns);
    EXPECT_FALSE(circuit.breaker.idle(circuit.now));
    circuit.pass(1ns);
    EXPECT_TRUE(circuit.breaker.idle(circuit.now));
}

TEST(Breaker, is_not_idle_while_it_would_rest_longer_because_of_its_last_rest) {
    DrivenCircuit circuit{{.min_calls = 1, .open_for = 60s, .jitter = 0_percent, .open_for_max = 1h, .probes = 1}};
    circuit.call(failure);
    circuit.pass(60s);
    circuit.call(success);
    circuit.pass(60s - 1ns);
    EXPECT_FALSE(circuit.breaker.idle(circuit.now));
    circuit.pass(1ns);
    EXPECT_TRUE(circuit.breaker.idle(circuit.now));
}

TEST(Breaker, of_the_last_calls_is_idle_while_none_of_them_was_bad) {
    DrivenCircuit circuit{{.window_calls = 10, .min_calls = 10}};
    EXPECT_TRUE(circuit.breaker.idle(circuit.now));
    circuit.call(success);
    EXPECT_TRUE(circuit.breaker.idle(circuit.now));
    circuit.call(failure);
    circuit.pass(24h);
    EXPECT_FALSE(circuit.breaker.idle(circuit.now));
    for (int i = 0; i < 10; ++i) circuit.call(success);
    EXPECT_TRUE(circuit.breaker.idle(circuit.now));
}

// ---- Events

// Calls the breaker from within an event: no lock is held.
class Reentrant final : public CircuitObserver {
public:
    void on(const CircuitEvent& event) noexcept override {
        reports.push_back(explain(breaker->report(now)));
        if (std::holds_alternative<CircuitOpened>(event)) breaker->force_closed(now);
    }
    CircuitBreaker* breaker = nullptr;
    Instant now{1h};
    std::vector<std::string> reports;
};

TEST(Breaker, may_be_used_by_whom_it_tells) {
    Reentrant observer;
    CircuitBreaker breaker{usual, "orders", &observer};
    observer.breaker = &breaker;
    Rng rng{1};
    for (int i = 0; i < 4; ++i) breaker.try_acquire(observer.now, rng)->settle(failure, observer.now, rng);
    EXPECT_EQ(breaker.state(), CircuitState::forced_closed);
    EXPECT_THAT(observer.reports, ElementsAre("open: 4 of 4 failed in 10 s, probing in 5 s",
                                              "closed by hand, until released: no calls in 10 s"));
}

// ---- Settings

std::string refusal_of(const Breaker& settings) {
    try {
        const CircuitBreaker breaker{settings};
        return "";
    } catch (const std::invalid_argument& refusal) {
        return refusal.what();
    }
}

TEST(Breaker, refuses_settings_that_make_no_sense_each_with_a_sentence) {
    EXPECT_EQ(refusal_of({}), "");
    EXPECT_EQ(refusal_of(usual), "");
    EXPECT_THAT(refusal_of({.failure_rate = 1.5}), HasSubstr("failure_rate: found 150%, expected"));
    EXPECT_THAT(refusal_of({.failure_rate = 0.0}), HasSubstr("failure_rate"));
    EXPECT_THAT(refusal_of({.failure_rate = std::numeric_limits<double>::quiet_NaN()}), HasSubstr("failure_rate"));
    EXPECT_THAT(refusal_of({.slow_call = 0s}), HasSubstr("slow_call"));
    EXPECT_THAT(refusal_of({.slow_rate = 20_percent}), HasSubstr("without slow_call"));
    EXPECT_THAT(refusal_of({.slow_call = 1s, .slow_rate = -0.1}), HasSubstr("slow_rate"));
    EXPECT_THAT(refusal_of({.consecutive = 0}), HasSubstr("consecutive"));
    EXPECT_THAT(refusal_of({.window = 0s}), HasSubstr("window"));
    EXPECT_THAT(refusal_of({.window = -1s}), HasSubstr("window"));
    EXPECT_THAT(refusal_of({.window_calls = 0, .min_calls = 1}), HasSubstr("window_calls"));
    EXPECT_THAT(refusal_of({.window_calls = 10, .min_calls = 11}), HasSubstr("holds only 10 calls"));
    EXPECT_THAT(refusal_of({.min_calls = 0}), HasSubstr("min_calls"));
    EXPECT_THAT(refusal_of({.open_for = -5s}), HasSubstr("open_for"));
    EXPECT_THAT(refusal_of({.jitter = 1.01}), HasSubstr("jitter"));
    EXPECT_THAT(refusal_of({.jitter = std::numeric_limits<double>::infinity()}), HasSubstr("jitter"));
    EXPECT_THAT(refusal_of({.open_for = 10s, .open_for_max = 9s}), HasSubstr("expected at least open_for (10s)"));
    EXPECT_THAT(refusal_of({.probes = 0}), HasSubstr("probes"));
    EXPECT_THAT(refusal_of({.probe_lease = Duration::max()}), HasSubstr("probe_lease"));
    EXPECT_THAT(refusal_of({.ramp = -1s}), HasSubstr("ramp"));
}

}  // namespace
}  // namespace outrigger::resilience
