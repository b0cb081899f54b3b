// SPDX-License-Identifier: Apache-2.0
#include "health/refresh_plan.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};
constexpr Timing timing{10s, 1s, 31s};

TEST(RefreshPlan, a_new_check_is_due_at_once) {
    RefreshPlan plan{Rng{1}};
    EXPECT_EQ(plan.next(true), never);
    plan.add(timing, start);
    EXPECT_EQ(plan.next(true), start);
    EXPECT_EQ(plan.take_due(start), 0U);
    EXPECT_EQ(plan.take_due(start), std::nullopt);
}

TEST(RefreshPlan, a_check_is_due_again_after_its_interval_varied_by_a_tenth) {
    RefreshPlan plan{Rng{1}};
    plan.add(timing, start);
    std::set<Duration> intervals;
    Instant now = start;
    for (int i = 0; i < 200; ++i) {
        ASSERT_EQ(plan.take_due(now), 0U);
        const auto ended = plan.finish(0, now + 100ms);
        EXPECT_TRUE(ended.used);
        EXPECT_EQ(ended.took, 100ms);
        const Instant next = plan.next(true);
        EXPECT_GE(next - now, 9s);
        EXPECT_LE(next - now, 11s);
        EXPECT_EQ(plan.take_due(next - 1ns), std::nullopt);
        intervals.insert(next - now);
        now = next;
    }
    EXPECT_GT(intervals.size(), 100U);
}

TEST(RefreshPlan, never_runs_a_check_twice_at_a_time) {
    RefreshPlan plan{Rng{1}};
    plan.add(timing, start);
    (void)plan.take_due(start);
    EXPECT_EQ(plan.take_due(start + 1h), std::nullopt);
    EXPECT_FALSE(plan.finish(0, start + 1h).took < 1h);
    EXPECT_EQ(plan.take_due(start + 1h), 0U);
}

TEST(RefreshPlan, the_one_that_waits_longest_goes_first) {
    RefreshPlan plan{Rng{1}};
    plan.add(timing, start + 1s);
    plan.add(timing, start);
    EXPECT_EQ(plan.take_due(start + 2s), 1U);
    EXPECT_EQ(plan.take_due(start + 2s), 0U);
}

TEST(RefreshPlan, a_run_that_hangs_is_told_at_its_timeout_and_at_each_interval_and_then_not_used) {
    RefreshPlan plan{Rng{1}};
    plan.add(timing, start);
    (void)plan.take_due(start);
    EXPECT_TRUE(plan.overdue(start + 1s).empty()) << "a run that ends at its deadline tells its own story";
    const Instant late = plan.next(false);
    EXPECT_LE(late, start + 1100ms);
    const auto first = plan.overdue(late);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_TRUE(first[0].running);
    EXPECT_TRUE(first[0].first);
    EXPECT_TRUE(plan.overdue(late).empty());
    EXPECT_EQ(plan.next(false), late + 10s);
    const auto second = plan.overdue(late + 10s);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_FALSE(second[0].first);
    EXPECT_EQ(second[0].age, late + 10s - start);
    EXPECT_FALSE(plan.finish(0, start + 20s).used);
    EXPECT_EQ(plan.take_due(start + 20s), 0U);
    EXPECT_TRUE(plan.finish(0, start + 20s).used) << "the next run is a new one";
}

TEST(RefreshPlan, a_check_that_gets_no_slot_is_stale_with_its_age) {
    RefreshPlan plan{Rng{1}};
    plan.add(timing, start);
    (void)plan.take_due(start);
    (void)plan.finish(0, start + 500ms);
    EXPECT_TRUE(plan.overdue(start + 31s).empty());
    EXPECT_EQ(plan.next(false), start + 31s + 500ms);
    const auto stale = plan.overdue(start + 31s + 500ms);
    ASSERT_EQ(stale.size(), 1U);
    EXPECT_FALSE(stale[0].running);
    EXPECT_EQ(stale[0].age, 31s);
    EXPECT_EQ(plan.overdue(start + 41s + 500ms).size(), 1U) << "told again, older";
}

}   // namespace
}   // namespace outrigger::health
