// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/idle_limit.hpp"

#include <gtest/gtest.h>

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

const Instant start{1h};

TEST(IdleLimit, is_the_configured_one_until_something_is_learned) { EXPECT_EQ(IdleLimit{60s}.at(start), 60s); }

TEST(IdleLimit, stays_a_second_below_a_promise_or_half_of_it) {
    IdleLimit limit{60s};
    EXPECT_TRUE(limit.promised(5s));
    EXPECT_EQ(limit.at(start), 4s);
    EXPECT_FALSE(limit.promised(5s)) << "nothing new";
    EXPECT_TRUE(limit.promised(1s));
    EXPECT_EQ(limit.at(start), 500ms);
    EXPECT_TRUE(limit.promised(0s));
    EXPECT_EQ(limit.at(start), 0s);
}

TEST(IdleLimit, a_promise_beyond_the_configured_limit_changes_nothing) {
    IdleLimit limit{60s};
    (void)limit.promised(1h);
    EXPECT_EQ(limit.at(start), 60s);
}

TEST(IdleLimit, two_closings_at_the_same_age_and_at_different_times_are_believed) {
    IdleLimit limit{60s};
    limit.closed(10s, start);
    EXPECT_EQ(limit.at(start), 60s) << "one may be chance";
    limit.closed(10s + 50ms, start + 20s);
    EXPECT_EQ(limit.at(start + 20s), 9s);
    EXPECT_EQ(limit.at(start + 20s + 10min), 60s) << "seen again after ten minutes";
}

TEST(IdleLimit, a_restart_that_closes_all_at_once_teaches_nothing) {
    IdleLimit limit{60s};
    limit.closed(10s, start);
    limit.closed(10s, start + 1ms);
    limit.closed(9900ms, start + 2ms);
    EXPECT_EQ(limit.at(start), 60s);
}

TEST(IdleLimit, closings_at_different_ages_teach_nothing) {
    IdleLimit limit{60s};
    limit.closed(10s, start);
    limit.closed(20s, start + 20s);
    limit.closed(5s, start + 30s);
    EXPECT_EQ(limit.at(start + 30s), 60s);
}

TEST(IdleLimit, a_closing_right_after_a_reply_says_nothing_of_patience) {
    IdleLimit limit{60s};
    limit.closed(1ms, start);
    limit.closed(1ms, start + 20s);
    EXPECT_EQ(limit.at(start + 20s), 60s);
}

}   // namespace
}   // namespace outrigger::upstream
