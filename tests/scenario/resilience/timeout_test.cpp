// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/timeout.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_blocking_clock.hpp>

#include <algorithm>
#include <stop_token>

// Calls within calls: a caller with a deadline, a call with a timeout, attempts with theirs, and a callee that blocks.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

class NestedCalls : public testing::Test {
protected:
    // A callee that looks at its deadline and its token, but does not know whose they are.
    Result<int> callee(const Deadline& deadline) {
        const Instant ready = after(clock.now(), takes);
        if (!clock.pause(std::min(ready, deadline.at), stop.get_token()))
            return Fault{Reason::call_failed, "stopped"};
        if (clock.now() < ready) return Fault{Reason::call_failed, "cut"};
        if (callee_fails) return Fault{Reason::connect_failed, "refused"};
        return 7;
    }
    Result<int> attempt(const Deadline& outer) {
        const Deadline in_force = outer.within({.limit = 600ms}, clock.now(), Reason::attempt_timeout);
        Result<int> outcome = callee(in_force);
        if (!outcome) return attributed(outcome.error(), in_force, clock.now(), stop.stop_requested());
        return outcome;
    }
    // Two seconds in all, attempts one after the other while they time out.
    Result<int> call(const Deadline& of_caller) {
        const Deadline in_force = of_caller.within({.limit = 2s}, clock.now(), Reason::timeout);
        for (;;) {
            Result<int> outcome = attempt(in_force);
            if (outcome || outcome.error().reason != Reason::attempt_timeout) return outcome;
            ++timed_out;
        }
    }

    ManualBlockingClock clock;
    std::stop_source stop;
    Duration takes = 100ms;
    bool callee_fails = false;
    int timed_out = 0;
};

TEST_F(NestedCalls, a_fast_callee_meets_no_limit) {
    EXPECT_EQ(*call({}), 7);
    EXPECT_EQ(timed_out, 0);
}

TEST_F(NestedCalls, a_hung_callee_costs_attempts_and_then_the_call_s_own_timeout) {
    takes = 1h;
    const Instant begin = clock.now();
    EXPECT_EQ(call({}).error().reason, Reason::timeout);
    EXPECT_EQ(timed_out, 3);
    EXPECT_EQ(clock.now() - begin, 2s);
}

TEST_F(NestedCalls, a_caller_with_less_time_is_told_that_it_was_his_deadline) {
    takes = 1h;
    const Instant begin = clock.now();
    EXPECT_EQ(call({begin + 1s}).error().reason, Reason::deadline_expired);
    EXPECT_EQ(timed_out, 1);
    EXPECT_EQ(clock.now() - begin, 1s);
}

TEST_F(NestedCalls, a_caller_who_leaves_is_neither) {
    takes = 1h;
    const Instant begin = clock.now();
    clock.in(700ms, [this] { stop.request_stop(); });
    EXPECT_EQ(call({}).error().reason, Reason::caller_left);
    EXPECT_EQ(clock.now() - begin, 700ms);
    EXPECT_EQ(timed_out, 1);
}

TEST_F(NestedCalls, a_callee_that_fails_in_time_keeps_its_own_reason) {
    callee_fails = true;
    EXPECT_EQ(call({}).error(), (Fault{Reason::connect_failed, "refused"}));
}

TEST_F(NestedCalls, a_deadline_that_has_passed_costs_no_time) {
    takes = 1h;
    const Instant begin = clock.now();
    EXPECT_EQ(call({begin - 1s}).error().reason, Reason::deadline_expired);
    EXPECT_EQ(clock.now(), begin);
}

TEST_F(NestedCalls, whatever_the_limits_the_one_that_ends_the_call_is_the_one_that_is_told) {
    for (const Duration caller : {200ms, 599ms, 600ms, 1500ms, 2000ms, 3000ms})
        for (const Duration callee_takes : {50ms, 300ms, 599ms, 700ms, 5000ms}) {
            takes = callee_takes;
            timed_out = 0;
            const Instant begin = clock.now();
            const Result<int> outcome = call({begin + caller});
            const Duration took = clock.now() - begin;
            if (outcome) {
                EXPECT_EQ(took, callee_takes);
            } else if (outcome.error().reason == Reason::deadline_expired) {
                EXPECT_EQ(took, caller);
                EXPECT_LE(caller, 2s);
            } else {
                EXPECT_EQ(outcome.error().reason, Reason::timeout);
                EXPECT_EQ(took, 2s);
            }
        }
}

}   // namespace
}   // namespace outrigger::resilience
