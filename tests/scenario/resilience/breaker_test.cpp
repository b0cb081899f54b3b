// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/breaker.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "tests/unit/resilience/driven_circuit.hpp"

// The state machine, walked wholly: what every event does in every state. Beside it what other breakers got wrong.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using enum Verdict;

constexpr Duration rest = 5s;
constexpr Duration lease = 1s;
constexpr Duration ramp = 10s;
constexpr Breaker usual{
    .slow_call = 100ms, .min_calls = 4, .open_for = rest, .jitter = 0_percent, .probes = 3, .probe_lease = lease};
constexpr Breaker with_ramp = [] {
    Breaker settings = usual;
    settings.ramp = ramp;
    return settings;
}();
constexpr Breaker in_shadow = [] {
    Breaker settings = usual;
    settings.shadow = true;
    return settings;
}();

class Circuit : public testing::Test {
protected:
    explicit Circuit(const Breaker& settings = usual) : circuit{settings} {}

    void expect(CircuitState state) { EXPECT_EQ(circuit.breaker.state(), state) << explain(circuit.report()); }
    void open() { circuit.call(failure, 4); }
    void half_open() {
        open();
        circuit.pass(rest);
    }
    // Nothing under way that should not be: as many probes as are missing can be had, and no more.
    void expect_free_probes(std::uint32_t count) {
        std::vector<Permit> all;
        for (Result<Permit> probe = circuit.ask(); probe && all.size() < 10; probe = circuit.ask())
            all.push_back(*std::move(probe));
        EXPECT_EQ(all.size(), count);
    }

    DrivenCircuit circuit;
};

// ---- Closed

class AClosedCircuit : public Circuit {};

TEST_F(AClosedCircuit, lets_every_call_pass_and_gives_no_probes) {
    for (int i = 0; i < 100; ++i) {
        const Result<Permit> permit = circuit.ask();
        ASSERT_TRUE(permit && permit->held());
        EXPECT_FALSE(permit->is_probe());
    }
    EXPECT_EQ(circuit.report().calls, Tally{}) << "calls count when they end";
}

TEST_F(AClosedCircuit, counts_successes_and_stays_closed) {
    circuit.call(success, 1000);
    expect(CircuitState::closed);
    EXPECT_EQ(circuit.report().calls, (Tally{1000, 0, 0}));
    EXPECT_THAT(circuit.told, IsEmpty());
}

TEST_F(AClosedCircuit, opens_with_the_failure_that_reaches_the_rate) {
    circuit.call(success, 5);
    circuit.call(failure, 4);
    expect(CircuitState::closed);
    circuit.call(failure);
    expect(CircuitState::open);
    EXPECT_EQ(circuit.report().calls, (Tally{10, 5, 0}));
    EXPECT_THAT(circuit.told, ElementsAre("1 opened (failure_rate)"));
}

TEST_F(AClosedCircuit, opens_with_the_success_that_brings_the_last_call_which_a_share_needs) {
    circuit.call(failure, 2);
    circuit.call(success);
    expect(CircuitState::closed);
    circuit.call(success);
    expect(CircuitState::open);
}

TEST_F(AClosedCircuit, does_not_open_before_there_are_enough_calls) {
    circuit.call(failure, 3);
    expect(CircuitState::closed);
}

TEST_F(AClosedCircuit, opens_when_the_share_of_slow_calls_reaches_its_rate) {
    circuit.call(success, 1);
    for (int i = 0; i < 3; ++i) circuit.call_for(100ms);
    expect(CircuitState::closed);
    circuit.call_for(100ms);
    expect(CircuitState::open);
    EXPECT_EQ(circuit.report().calls, (Tally{5, 0, 4}));
    EXPECT_THAT(circuit.told, ElementsAre("1 opened (slow_rate)"));
}

TEST_F(AClosedCircuit, finds_a_call_slow_from_the_limit_on) {
    for (int i = 0; i < 20; ++i) circuit.call_for(100ms - 1ns);
    expect(CircuitState::closed);
    EXPECT_EQ(circuit.report().calls.slow, 0U);
}

TEST_F(AClosedCircuit, does_not_count_neutral_results_and_dropped_permits) {
    circuit.call(neutral, 100);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(circuit.passes());
    circuit.call(failure, 3);
    EXPECT_EQ(circuit.report().calls, (Tally{3, 3, 0}));
    expect(CircuitState::closed);
}

TEST_F(AClosedCircuit, forgets_what_is_older_than_its_window) {
    circuit.call(failure, 3);
    circuit.pass(10s);
    circuit.call(failure, 3);
    expect(CircuitState::closed);
    EXPECT_EQ(circuit.report().calls, (Tally{3, 3, 0}));
}

TEST_F(AClosedCircuit, counts_a_result_from_before_it_was_forced_as_late) {
    Result<Permit> before = circuit.ask();
    circuit.breaker.force_closed(circuit.now);
    circuit.breaker.release(circuit.now);
    circuit.settle(before, failure);
    EXPECT_EQ(circuit.report().calls, Tally{});
    EXPECT_EQ(circuit.report().late, 1U);
}

TEST_F(AClosedCircuit, does_not_mind_being_released) {
    circuit.call(failure, 3);
    circuit.breaker.release(circuit.now);
    EXPECT_EQ(circuit.report().calls, (Tally{3, 3, 0}));
    EXPECT_THAT(circuit.told, IsEmpty());
}

TEST_F(AClosedCircuit, can_be_forced_open_and_closed) {
    circuit.breaker.force_open(circuit.now);
    expect(CircuitState::forced_open);
    circuit.breaker.force_closed(circuit.now);
    expect(CircuitState::forced_closed);
    circuit.breaker.release(circuit.now);
    expect(CircuitState::closed);
    EXPECT_THAT(circuit.told, ElementsAre("1 forced open", "2 forced closed", "3 released"));
}

class ACircuitThatCountsFailuresInARow : public Circuit {
protected:
    static constexpr Breaker in_a_row{.consecutive = 3, .min_calls = 1000, .open_for = rest, .jitter = 0_percent};
    ACircuitThatCountsFailuresInARow() : Circuit{in_a_row} {}
};

TEST_F(ACircuitThatCountsFailuresInARow, opens_with_the_last_of_them_however_few_calls_there_were) {
    circuit.call(failure, 2);
    expect(CircuitState::closed);
    circuit.call(failure);
    expect(CircuitState::open);
    EXPECT_THAT(circuit.told, ElementsAre("1 opened (consecutive_failures)"));
}

TEST_F(ACircuitThatCountsFailuresInARow, begins_anew_after_a_success) {
    for (int i = 0; i < 10; ++i) {
        circuit.call(failure, 2);
        circuit.call(success);
    }
    expect(CircuitState::closed);
}

TEST_F(ACircuitThatCountsFailuresInARow, does_not_begin_anew_after_a_neutral_result) {
    circuit.call(failure, 2);
    circuit.call(neutral, 5);
    EXPECT_TRUE(circuit.passes());
    circuit.call(failure);
    expect(CircuitState::open);
}

TEST_F(ACircuitThatCountsFailuresInARow, begins_anew_when_it_closes) {
    circuit.call(failure, 3);
    circuit.pass(rest);
    circuit.call(success, 3);
    expect(CircuitState::closed);
    circuit.call(failure, 2);
    expect(CircuitState::closed);
    circuit.call(failure);
    expect(CircuitState::open);
}

class ACircuitOfTheLastCalls : public Circuit {
protected:
    static constexpr Breaker last_calls{
        .window_calls = 4, .min_calls = 4, .open_for = rest, .jitter = 0_percent, .probes = 1};
    ACircuitOfTheLastCalls() : Circuit{last_calls} {}
};

TEST_F(ACircuitOfTheLastCalls, forgets_by_number_and_not_by_time) {
    circuit.call(failure, 1);
    circuit.call(success, 3);
    circuit.pass(24h);
    EXPECT_EQ(circuit.report().calls, (Tally{4, 1, 0}));
    circuit.call(failure);
    EXPECT_EQ(circuit.report().calls, (Tally{4, 1, 0})) << "the first failure has left the window";
    expect(CircuitState::closed);
    circuit.call(failure);
    expect(CircuitState::open);
}

TEST_F(ACircuitOfTheLastCalls, is_empty_when_it_closes) {
    open();
    circuit.pass(rest);
    circuit.call(success);
    expect(CircuitState::closed);
    EXPECT_EQ(circuit.report().calls, Tally{});
    circuit.call(failure, 3);
    expect(CircuitState::closed);
}

// ---- Recovering

class ARecoveringCircuit : public Circuit {
protected:
    ARecoveringCircuit() : Circuit{with_ramp} {
        half_open();
        circuit.call(success, 3);
        circuit.told.clear();
    }
    int passing_of(int calls) {
        int passed = 0;
        for (int i = 0; i < calls; ++i) passed += circuit.passes() ? 1 : 0;
        return passed;
    }
};

TEST_F(ARecoveringCircuit, lets_a_tenth_of_the_calls_pass_at_first_and_then_a_growing_share) {
    expect(CircuitState::recovering);
    EXPECT_NEAR(passing_of(10'000), 1000, 150);
    circuit.pass(ramp / 2);
    EXPECT_NEAR(passing_of(10'000), 5000, 250);
    EXPECT_NEAR(circuit.report().passing.fraction(), 0.5, 1e-9);
    circuit.pass(ramp / 2 - ramp / 10);
    EXPECT_NEAR(passing_of(10'000), 9000, 150);
    expect(CircuitState::recovering);
}

TEST_F(ARecoveringCircuit, refuses_with_the_reason) {
    Result<Permit> refused = circuit.ask();
    while (refused) refused = circuit.ask();
    EXPECT_EQ(refused.error().reason, Reason::circuit_open);
    EXPECT_THAT(refused.error().detail, testing::HasSubstr("gradually"));
}

TEST_F(ARecoveringCircuit, is_closed_by_the_first_call_after_its_ramp_and_keeps_what_it_counted) {
    while (circuit.call(failure) == 0) {}
    circuit.pass(5s);
    Result<Permit> during = circuit.ask();
    while (!during) during = circuit.ask();
    circuit.pass(5s - 1ns);
    expect(CircuitState::recovering);
    circuit.pass(1ns);
    EXPECT_EQ(circuit.report().state, CircuitState::closed) << "the report knows before the first call";
    EXPECT_TRUE(circuit.passes());
    expect(CircuitState::closed);
    circuit.settle(during, failure);
    EXPECT_EQ(circuit.report().calls.failures, 1U) << "counted; the first one is ten seconds old";
    EXPECT_EQ(circuit.report().late, 0U);
    EXPECT_EQ(passing_of(100), 100);
    EXPECT_THAT(circuit.told, IsEmpty());
}

TEST_F(ARecoveringCircuit, counts_results_and_opens_again_when_too_many_fail) {
    int failed = 0;
    while (failed < 4) {
        expect(CircuitState::recovering);
        failed += circuit.call(failure);
    }
    expect(CircuitState::open);
    EXPECT_EQ(circuit.report().calls, (Tally{4, 4, 0})) << "the window was empty when it closed";
}

TEST_F(ARecoveringCircuit, counts_neither_neutral_results_nor_dropped_permits_nor_late_results) {
    for (int i = 0; i < 100; ++i) circuit.call(neutral);
    passing_of(100);
    EXPECT_EQ(circuit.report().calls, Tally{});
    expect(CircuitState::recovering);
}

TEST_F(ARecoveringCircuit, can_be_forced_and_is_wholly_closed_when_released) {
    circuit.breaker.force_open(circuit.now);
    expect(CircuitState::forced_open);
    circuit.breaker.release(circuit.now);
    expect(CircuitState::closed);
    EXPECT_EQ(passing_of(100), 100);
}

TEST_F(ARecoveringCircuit, is_not_released_because_nobody_forced_it) {
    circuit.breaker.release(circuit.now);
    expect(CircuitState::recovering);
}

// ---- Open

class AnOpenCircuit : public Circuit {
protected:
    AnOpenCircuit() : before_{circuit.ask()} { open(); }
    Result<Permit> before_;   // a call that began while it was closed
};

TEST_F(AnOpenCircuit, refuses_with_the_time_to_wait) {
    circuit.pass(800ms);
    const Result<Permit> refused = circuit.ask();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, Reason::circuit_open);
    EXPECT_EQ(refused.error().retry_after, 4200ms);
    EXPECT_THAT(refused.error().detail, testing::HasSubstr("is open"));
    EXPECT_EQ(circuit.report().refused, 1U);
    EXPECT_EQ(circuit.report().left, 4200ms);
}

TEST_F(AnOpenCircuit, rounds_the_time_to_wait_up_so_that_who_waits_is_not_too_early) {
    circuit.pass(rest - 1ns);
    EXPECT_EQ(circuit.ask().error().retry_after, 1ms);
    circuit.pass(1ms);
    EXPECT_TRUE(circuit.passes());
}

TEST_F(AnOpenCircuit, ignores_late_results_of_every_kind) {
    circuit.settle(before_, failure);
    expect(CircuitState::open);
    EXPECT_EQ(circuit.report().late, 1U);
    EXPECT_EQ(circuit.report().calls, (Tally{4, 4, 0})) << "the window as it was when it opened";
    EXPECT_THAT(circuit.told, ElementsAre("1 opened (failure_rate)")) << "it does not open twice";
}

TEST_F(AnOpenCircuit, ignores_a_late_success) {
    circuit.settle(before_, success);
    expect(CircuitState::open);
    EXPECT_EQ(circuit.report().late, 1U);
}

TEST_F(AnOpenCircuit, does_not_call_a_late_neutral_result_or_a_dropped_permit_late) {
    circuit.settle(before_, neutral);
    expect(CircuitState::open);
    EXPECT_EQ(circuit.report().late, 0U);
}

TEST_F(AnOpenCircuit, rests_for_its_time_and_becomes_half_open_with_the_next_call) {
    circuit.pass(rest - 1ns);
    EXPECT_FALSE(circuit.passes());
    circuit.pass(1ns);
    expect(CircuitState::open);
    EXPECT_EQ(explain(circuit.report()), "open: 4 of 4 failed in 10 s, probing with the next call");
    const Result<Permit> probe = circuit.ask();
    ASSERT_TRUE(probe);
    EXPECT_TRUE(probe->is_probe());
    expect(CircuitState::half_open);
    EXPECT_THAT(circuit.told, ElementsAre("1 opened (failure_rate)", "2 half-opened"));
}

TEST_F(AnOpenCircuit, becomes_half_open_however_long_nobody_called) {
    circuit.pass(24h * 365);
    EXPECT_TRUE(circuit.passes());
    expect(CircuitState::half_open);
}

TEST_F(AnOpenCircuit, can_be_forced_closed_and_then_lets_all_pass) {
    circuit.breaker.force_closed(circuit.now);
    EXPECT_EQ(circuit.call(success, 10), 10);
}

TEST_F(AnOpenCircuit, can_be_forced_open_and_then_rests_until_released) {
    circuit.breaker.force_open(circuit.now);
    circuit.pass(24h);
    EXPECT_FALSE(circuit.passes());
    expect(CircuitState::forced_open);
}

TEST_F(AnOpenCircuit, is_not_released_because_nobody_forced_it) {
    circuit.breaker.release(circuit.now);
    expect(CircuitState::open);
}

// ---- Half-open

class AHalfOpenCircuit : public Circuit {
protected:
    AHalfOpenCircuit() : before_{circuit.ask()} {
        half_open();
        first_.emplace(circuit.ask());
        circuit.told.clear();
    }
    Result<Permit> before_;                // a call that began while it was closed
    std::optional<Result<Permit>> first_;  // the probe that opened it halfway
};

TEST_F(AHalfOpenCircuit, gives_as_many_probes_as_it_needs_successes_and_refuses_the_rest) {
    const Result<Permit> second = circuit.ask();
    const Result<Permit> third = circuit.ask();
    EXPECT_TRUE(second && second->is_probe() && third && third->is_probe());
    for (int i = 0; i < 100; ++i) {
        const Result<Permit> refused = circuit.ask();
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().reason, Reason::circuit_open);
        EXPECT_EQ(refused.error().retry_after, 0ms) << "unknown: when the probes end";
        EXPECT_THAT(refused.error().detail, testing::HasSubstr("half-open"));
    }
    EXPECT_EQ(circuit.report().probes_under_way, 3U);
    EXPECT_EQ(circuit.report().refused, 100U);
}

TEST_F(AHalfOpenCircuit, closes_when_all_its_probes_succeeded) {
    circuit.settle(*first_, success);
    circuit.call(success);
    expect(CircuitState::half_open);
    EXPECT_EQ(circuit.report().probes_succeeded, 2U);
    circuit.call(success);
    expect(CircuitState::closed);
    EXPECT_THAT(circuit.told, ElementsAre("3 closed"));
    EXPECT_EQ(circuit.report().calls, Tally{}) << "what opened it is forgotten; probes do not count in the window";
}

TEST_F(AHalfOpenCircuit, gives_no_more_probes_than_successes_are_missing) {
    circuit.settle(*first_, success);
    expect_free_probes(2);
    circuit.call(success);
    expect_free_probes(1);
}

TEST_F(AHalfOpenCircuit, opens_again_with_the_first_failure_and_rests_anew) {
    circuit.call(success, 2);
    circuit.settle(*first_, failure);
    expect(CircuitState::open);
    EXPECT_THAT(circuit.told, ElementsAre("3 opened (failed_probe)"));
    circuit.pass(rest - 1ns);
    EXPECT_FALSE(circuit.passes());
    circuit.pass(1ns);
    expect_free_probes(3);
}

TEST_F(AHalfOpenCircuit, opens_again_when_a_probe_is_slow) {
    circuit.pass(100ms);
    circuit.settle(*first_, success);
    expect(CircuitState::open);
}

TEST_F(AHalfOpenCircuit, gets_its_probe_back_after_a_neutral_result) {
    expect_free_probes(2);
    circuit.settle(*first_, neutral);
    expect(CircuitState::half_open);
    expect_free_probes(3);
    circuit.call(neutral, 1000);
    expect_free_probes(3);
    EXPECT_EQ(circuit.call(success, 3), 3);
    expect(CircuitState::closed);
}

TEST_F(AHalfOpenCircuit, gives_the_place_of_a_neutral_probe_to_the_very_next_call) {
    const Result<Permit> second = circuit.ask();
    const Result<Permit> third = circuit.ask();
    circuit.settle(*first_, neutral);
    EXPECT_TRUE(circuit.passes());
}

TEST_F(AHalfOpenCircuit, gets_its_probe_back_when_the_permit_is_dropped) {
    const Result<Permit> second = circuit.ask();
    const Result<Permit> third = circuit.ask();
    first_.reset();
    expect_free_probes(1);
    EXPECT_EQ(circuit.report().probes_succeeded, 0U);
}

TEST_F(AHalfOpenCircuit, gives_a_hung_probe_away_when_its_lease_ends) {
    const Result<Permit> second = circuit.ask();
    const Result<Permit> third = circuit.ask();
    circuit.pass(lease - 1ns);
    EXPECT_FALSE(circuit.passes());
    circuit.pass(1ns);
    EXPECT_EQ(circuit.report().probes_under_way, 0U);
    expect_free_probes(3);
}

TEST_F(AHalfOpenCircuit, ignores_a_probe_whose_lease_has_ended) {
    circuit.pass(lease);
    circuit.settle(*first_, failure);
    expect(CircuitState::half_open);
    EXPECT_EQ(circuit.report().late, 1U);
    expect_free_probes(3);
}

TEST_F(AHalfOpenCircuit, ignores_the_late_success_of_a_probe_whose_place_another_has) {
    circuit.pass(lease);
    Result<Permit> a = circuit.ask();
    Result<Permit> b = circuit.ask();
    Result<Permit> c = circuit.ask();
    circuit.settle(*first_, success);
    EXPECT_EQ(circuit.report().probes_succeeded, 0U);
    EXPECT_EQ(circuit.report().probes_under_way, 3U) << "a late result frees nobody else's place";
    EXPECT_FALSE(circuit.passes());
}

TEST_F(AHalfOpenCircuit, ignores_the_late_drop_of_a_probe_whose_place_another_has) {
    circuit.pass(lease);
    const Result<Permit> a = circuit.ask();
    const Result<Permit> b = circuit.ask();
    const Result<Permit> c = circuit.ask();
    first_.reset();
    EXPECT_FALSE(circuit.passes());
    EXPECT_EQ(circuit.report().late, 0U);
}

TEST_F(AHalfOpenCircuit, gives_all_places_away_after_one_success_and_two_hung_probes) {
    Result<Permit> second = circuit.ask();
    Result<Permit> third = circuit.ask();
    circuit.settle(*first_, success);
    circuit.pass(lease);
    expect_free_probes(2);
    EXPECT_EQ(circuit.call(success, 2), 2);
    expect(CircuitState::closed);
}

TEST_F(AHalfOpenCircuit, survives_any_number_of_hung_probes) {
    std::vector<Result<Permit>> hung;
    for (int round = 0; round < 100; ++round) {
        for (int i = 0; i < 5; ++i) hung.push_back(circuit.ask());
        circuit.pass(lease);
    }
    EXPECT_EQ(circuit.call(success, 3), 3);
    expect(CircuitState::closed);
    hung.clear();
    expect(CircuitState::closed);
}

TEST_F(AHalfOpenCircuit, ignores_results_of_calls_from_before_it_opened) {
    circuit.settle(before_, failure);
    expect(CircuitState::half_open);
    EXPECT_EQ(circuit.report().late, 1U);
    EXPECT_EQ(circuit.report().probes_succeeded, 0U);
    expect_free_probes(2);
}

TEST_F(AHalfOpenCircuit, waits_without_end_if_nobody_calls) {
    circuit.settle(*first_, success);
    circuit.pass(24h * 365);
    expect(CircuitState::half_open);
    EXPECT_EQ(circuit.call(success, 2), 2);
    expect(CircuitState::closed);
}

TEST_F(AHalfOpenCircuit, forced_open_takes_its_probes_back) {
    circuit.breaker.force_open(circuit.now);
    circuit.settle(*first_, success);
    EXPECT_FALSE(circuit.passes());
    circuit.breaker.release(circuit.now);
    expect(CircuitState::closed);
    EXPECT_EQ(circuit.report().late, 1U);
}

TEST_F(AHalfOpenCircuit, forced_closed_does_not_open_again_when_a_probe_fails) {
    circuit.breaker.force_closed(circuit.now);
    circuit.settle(*first_, failure);
    expect(CircuitState::forced_closed);
    EXPECT_EQ(circuit.report().calls, Tally{});
}

TEST_F(AHalfOpenCircuit, is_not_released_because_nobody_forced_it) {
    circuit.breaker.release(circuit.now);
    expect(CircuitState::half_open);
    expect_free_probes(2);
}

TEST_F(AHalfOpenCircuit, gives_its_probes_anew_after_each_rest_and_ignores_those_of_the_last_round) {
    Result<Permit> slow = circuit.ask();
    circuit.settle(*first_, failure);
    circuit.pass(rest);
    const Result<Permit> a = circuit.ask();
    const Result<Permit> b = circuit.ask();
    const Result<Permit> c = circuit.ask();
    EXPECT_TRUE(a && b && c);
    circuit.settle(slow, success);
    EXPECT_EQ(circuit.report().probes_succeeded, 0U);
    EXPECT_EQ(circuit.report().probes_under_way, 3U);
}

// ---- Forced

class ACircuitForcedOpen : public Circuit {
protected:
    ACircuitForcedOpen() : before_{circuit.ask()} { circuit.breaker.force_open(circuit.now); }
    Result<Permit> before_;
};

TEST_F(ACircuitForcedOpen, refuses_every_call_however_much_time_passes) {
    for (int i = 0; i < 10; ++i) {
        const Result<Permit> refused = circuit.ask();
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().reason, Reason::circuit_open);
        EXPECT_THAT(refused.error().detail, testing::HasSubstr("by hand"));
        circuit.pass(1h);
    }
    EXPECT_EQ(circuit.report().refused, 10U);
}

TEST_F(ACircuitForcedOpen, ignores_results) {
    circuit.settle(before_, failure);
    expect(CircuitState::forced_open);
    EXPECT_EQ(circuit.report().late, 1U);
}

TEST_F(ACircuitForcedOpen, is_closed_and_empty_when_released) {
    circuit.breaker.release(circuit.now);
    expect(CircuitState::closed);
    EXPECT_EQ(circuit.call(failure, 3), 3);
    expect(CircuitState::closed);
}

TEST_F(ACircuitForcedOpen, may_be_forced_again) {
    circuit.breaker.force_open(circuit.now);
    expect(CircuitState::forced_open);
    circuit.breaker.force_closed(circuit.now);
    expect(CircuitState::forced_closed);
}

class ACircuitForcedClosed : public Circuit {
protected:
    ACircuitForcedClosed() : before_{circuit.ask()} { circuit.breaker.force_closed(circuit.now); }
    Result<Permit> before_;
};

TEST_F(ACircuitForcedClosed, lets_every_call_pass_whatever_they_end_in) {
    EXPECT_EQ(circuit.call(failure, 100), 100);
    for (int i = 0; i < 10; ++i) circuit.call_for(10ms);
    expect(CircuitState::forced_closed);
    EXPECT_EQ(circuit.report().calls, (Tally{110, 100, 0})) << "it counts all the same";
}

TEST_F(ACircuitForcedClosed, ignores_results_from_before) {
    circuit.settle(before_, failure);
    EXPECT_EQ(circuit.report().calls, Tally{});
    EXPECT_EQ(circuit.report().late, 1U);
}

TEST_F(ACircuitForcedClosed, ignores_neutral_results_and_dropped_permits) {
    circuit.call(neutral, 10);
    EXPECT_TRUE(circuit.passes());
    EXPECT_EQ(circuit.report().calls, Tally{});
}

TEST_F(ACircuitForcedClosed, stays_so_however_much_time_passes) {
    circuit.pass(24h);
    expect(CircuitState::forced_closed);
    EXPECT_TRUE(circuit.passes());
}

TEST_F(ACircuitForcedClosed, is_closed_and_empty_when_released_and_ignores_what_began_before) {
    circuit.call(failure, 100);
    Result<Permit> forced = circuit.ask();
    circuit.breaker.release(circuit.now);
    expect(CircuitState::closed);
    EXPECT_EQ(circuit.report().calls, Tally{});
    circuit.settle(forced, failure);
    EXPECT_EQ(circuit.report().calls, Tally{});
    circuit.call(failure, 4);
    expect(CircuitState::open);
}

TEST_F(ACircuitForcedClosed, may_be_forced_open) {
    circuit.breaker.force_open(circuit.now);
    EXPECT_FALSE(circuit.passes());
}

// ---- In shadow

class ACircuitInShadow : public Circuit {
protected:
    ACircuitInShadow() : Circuit{in_shadow} {}
};

TEST_F(ACircuitInShadow, lets_every_call_pass_in_every_state) {
    open();
    expect(CircuitState::open);
    EXPECT_EQ(circuit.call(failure, 50), 50);
    circuit.pass(rest);
    std::vector<Result<Permit>> calls;
    for (int i = 0; i < 10; ++i) {
        calls.push_back(circuit.ask());
        ASSERT_TRUE(calls.back());
        EXPECT_EQ(calls.back()->held(), i < 3) << "in its books the first three are probes";
    }
    EXPECT_EQ(circuit.report().refused, 57U);
    circuit.breaker.force_open(circuit.now);
    EXPECT_TRUE(circuit.passes());
}

TEST_F(ACircuitInShadow, does_not_count_the_calls_that_it_would_have_refused) {
    open();
    circuit.call(failure, 50);
    EXPECT_EQ(circuit.report().late, 0U);
    circuit.pass(rest);
    std::vector<Result<Permit>> calls;
    for (int i = 0; i < 10; ++i) calls.push_back(circuit.ask());
    for (std::size_t i = 3; i < calls.size(); ++i) circuit.settle(calls[i], failure);
    expect(CircuitState::half_open);
    for (std::size_t i = 0; i < 3; ++i) circuit.settle(calls[i], success);
    expect(CircuitState::closed);
    EXPECT_EQ(circuit.report().calls, Tally{});
    EXPECT_THAT(circuit.told, ElementsAre("1 opened (failure_rate)", "2 half-opened", "3 closed"));
}

// ---- Rests

class ACircuitThatRestsLonger : public Circuit {
protected:
    static constexpr Breaker backing_off{
        .min_calls = 4, .open_for = rest, .jitter = 0_percent, .open_for_max = 30s, .probes = 1};
    ACircuitThatRestsLonger() : Circuit{backing_off} {}
    void rest_and_fail() {
        circuit.pass(circuit.rests.back());
        circuit.call(failure);
    }
};

TEST_F(ACircuitThatRestsLonger, doubles_its_rest_with_each_failed_probe_up_to_the_most) {
    open();
    for (int i = 0; i < 4; ++i) rest_and_fail();
    EXPECT_THAT(circuit.rests, ElementsAre(5s, 10s, 20s, 30s, 30s));
}

TEST_F(ACircuitThatRestsLonger, doubles_it_when_it_opens_again_before_it_was_closed_for_as_long_as_it_rested) {
    open();
    circuit.pass(rest);
    circuit.call(success);
    circuit.pass(rest - 1ns);
    open();
    EXPECT_THAT(circuit.rests, ElementsAre(5s, 10s));
}

TEST_F(ACircuitThatRestsLonger, begins_anew_when_it_was_closed_for_long_enough) {
    open();
    rest_and_fail();
    circuit.pass(10s);
    circuit.call(success);
    circuit.pass(10s);
    open();
    EXPECT_THAT(circuit.rests, ElementsAre(5s, 10s, 5s));
}

TEST_F(ACircuitThatRestsLonger, begins_anew_when_it_is_released) {
    open();
    circuit.pass(rest);
    circuit.call(success);
    open();   // soon after it closed
    circuit.breaker.force_closed(circuit.now);
    circuit.breaker.release(circuit.now);
    open();
    EXPECT_THAT(circuit.rests, ElementsAre(5s, 10s, 5s));
}

// ---- What others got wrong

TEST_F(ACircuitThatCountsFailuresInARow, opens_once_when_more_calls_fail_at_the_same_time_than_it_takes) {
    std::vector<Result<Permit>> calls;
    for (int i = 0; i < 6; ++i) calls.push_back(circuit.ask());
    for (Result<Permit>& each : calls) circuit.settle(each, failure);
    EXPECT_THAT(circuit.told, ElementsAre("1 opened (consecutive_failures)"));
    circuit.pass(rest);
    EXPECT_EQ(circuit.call(success, 3), 3) << "it rests from the first opening on, and probes";
    expect(CircuitState::closed);
}

TEST_F(AHalfOpenCircuit, never_asks_for_more_calls_than_it_lets_pass) {
    // Enough calls for a share are more than there are probes: the probes decide alone.
    circuit.settle(*first_, success);
    EXPECT_EQ(circuit.call(success, 2), 2);
    expect(CircuitState::closed);
}

TEST_F(AHalfOpenCircuit, does_not_close_because_callers_give_up) {
    circuit.settle(*first_, neutral);
    circuit.call(neutral, 10);
    expect(CircuitState::half_open);
    EXPECT_EQ(circuit.report().probes_succeeded, 0U);
}

TEST_F(AClosedCircuit, does_not_open_because_callers_give_up) {
    circuit.call(success, 4);
    circuit.call(neutral, 1000);
    expect(CircuitState::closed);
}

TEST_F(AClosedCircuit, lets_at_most_the_calls_that_are_under_way_fail_beyond_the_limit) {
    std::vector<Result<Permit>> calls;
    for (int i = 0; i < 20; ++i) calls.push_back(circuit.ask());
    for (Result<Permit>& each : calls) circuit.settle(each, failure);
    expect(CircuitState::open);
    EXPECT_FALSE(circuit.passes());
    EXPECT_EQ(circuit.report().late, 16U);
}

}  // namespace
}  // namespace outrigger::resilience
