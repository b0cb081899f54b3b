// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/check.hpp>

#include <gtest/gtest.h>

namespace outrigger::health {
namespace {

void expect_change(const std::optional<Check::Change>& change, Status from, Status to) {
    ASSERT_TRUE(change);
    EXPECT_EQ(change->from, from);
    EXPECT_EQ(change->to, to);
}

TEST(Check, before_its_first_result_it_is_not_checked_yet) {
    const Check check;
    EXPECT_EQ(check.status(), Status::unchecked);
    EXPECT_EQ(check.shown().message, "not checked yet");
    EXPECT_FALSE(check.was_up());
}

TEST(Check, its_first_result_counts_at_once_whatever_it_is) {
    Check failing{{.fail_after = 5, .recover_after = 5}};
    expect_change(failing.report(down("no")), Status::unchecked, Status::down);
    EXPECT_FALSE(failing.was_up());
    Check well{{.fail_after = 5, .recover_after = 5}};
    expect_change(well.report(up()), Status::unchecked, Status::up);
    EXPECT_TRUE(well.was_up());
}

TEST(Check, it_goes_down_only_after_so_many_failures_in_a_row) {
    Check check{{.fail_after = 3}};
    check.report(up());
    EXPECT_FALSE(check.report(down("1")));
    EXPECT_FALSE(check.report(down("2")));
    EXPECT_FALSE(check.report(up()));  // the row is broken
    EXPECT_FALSE(check.report(down("1")));
    EXPECT_FALSE(check.report(down("2")));
    expect_change(check.report(down("3")), Status::up, Status::down);
    EXPECT_EQ(check.shown().message, "3");
}

TEST(Check, it_recovers_only_after_so_many_successes_in_a_row) {
    Check check{{.fail_after = 1, .recover_after = 2}};
    check.report(down("no"));
    EXPECT_FALSE(check.report(up()));
    EXPECT_FALSE(check.report(down("still no")));
    EXPECT_FALSE(check.report(up()));
    expect_change(check.report(up()), Status::down, Status::up);
}

TEST(Check, after_a_change_the_count_begins_anew) {
    Check check{{.fail_after = 3, .recover_after = 2}};
    check.report(down("no"));
    check.report(up());
    expect_change(check.report(up()), Status::down, Status::up);
    EXPECT_FALSE(check.report(down("1")));
    EXPECT_FALSE(check.report(down("2")));
    expect_change(check.report(down("3")), Status::up, Status::down);
}

TEST(Check, a_failure_that_is_being_damped_is_not_shown) {
    Check check{{.fail_after = 2}};
    check.report(up());
    check.report(down("once"));
    EXPECT_EQ(check.status(), Status::up);
    EXPECT_EQ(check.shown(), up());
}

TEST(Check, the_newest_outcome_that_agrees_is_shown) {
    Check check{{.fail_after = 1}};
    check.report(down("refused"));
    EXPECT_FALSE(check.report(down("timed out")));
    EXPECT_EQ(check.shown().message, "timed out");
}

TEST(Check, up_and_degraded_change_at_once) {
    Check check{{.fail_after = 3, .recover_after = 3}};
    check.report(up());
    expect_change(check.report(degraded("slow")), Status::up, Status::degraded);
    expect_change(check.report(up()), Status::degraded, Status::up);
}

TEST(Check, from_down_it_may_recover_to_degraded) {
    Check check{{.fail_after = 1, .recover_after = 2}};
    check.report(down("no"));
    EXPECT_FALSE(check.report(degraded("slow")));
    expect_change(check.report(degraded("slow")), Status::down, Status::degraded);
    EXPECT_TRUE(check.was_up());
}

TEST(Check, a_result_without_status_is_down) {
    Check check;
    expect_change(check.report({.status = Status::unchecked}), Status::unchecked, Status::down);
}

}  // namespace
}  // namespace outrigger::health
