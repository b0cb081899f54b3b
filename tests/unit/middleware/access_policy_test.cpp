// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/access_policy.hpp>

#include <gtest/gtest.h>

#include <string>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

// 32 hex digits that count up: the least random ids there are.
std::string trace_id(int i) {
    std::string digits = std::to_string(i);
    return std::string(32 - digits.size(), '0') + digits;
}

TEST(AccessPolicy, all_keeps_everything_and_none_nothing) {
    EXPECT_TRUE(AccessPolicy::all().keeps(false, 1ms, ""));
    EXPECT_FALSE(AccessPolicy::none().keeps(true, 1h, ""));
}

TEST(AccessPolicy, errors_keeps_failures_and_nothing_else) {
    EXPECT_TRUE(AccessPolicy::errors().keeps(true, 1ms, "a"));
    EXPECT_FALSE(AccessPolicy::errors().keeps(false, 1h, "a"));
}

TEST(AccessPolicy, a_sample_of_nothing_still_keeps_failures_and_slow_ones) {
    const auto policy = AccessPolicy::sampled(0_percent, 500ms);
    EXPECT_TRUE(policy.keeps(true, 1ms, "a"));
    EXPECT_TRUE(policy.keeps(false, 500ms, "a"));
    EXPECT_FALSE(policy.keeps(false, 499ms, "a"));
}

TEST(AccessPolicy, a_sample_of_everything_keeps_everything) {
    const auto policy = AccessPolicy::sampled(100_percent);
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(policy.keeps(false, 1ms, trace_id(i)));
}

TEST(AccessPolicy, a_sample_is_about_as_large_as_asked_for) {
    const auto policy = AccessPolicy::sampled(10_percent);
    int kept = 0;
    for (int i = 0; i < 100'000; ++i) kept += policy.keeps(false, 1ms, trace_id(i)) ? 1 : 0;
    EXPECT_NEAR(kept, 10'000, 400);  // four standard deviations
}

TEST(AccessPolicy, a_larger_sample_holds_the_smaller_one_and_all_hops_agree) {
    const auto small = AccessPolicy::sampled(10_percent);
    const auto same = AccessPolicy::sampled(10_percent, 2s);
    const auto large = AccessPolicy::sampled(30_percent);
    for (int i = 0; i < 10'000; ++i) {
        const bool kept = small.keeps(false, 1ms, trace_id(i));
        ASSERT_EQ(same.keeps(false, 2ms, trace_id(i)), kept);
        ASSERT_TRUE(!kept || large.keeps(false, 1ms, trace_id(i)));
    }
}

TEST(AccessPolicy, without_a_trace_id_it_is_kept) {
    EXPECT_TRUE(AccessPolicy::sampled(0_percent).keeps(false, 1ms, ""));
}

}  // namespace
}  // namespace outrigger::middleware
