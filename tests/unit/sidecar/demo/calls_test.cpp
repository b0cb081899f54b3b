// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/calls.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

TEST(CallTally, it_counts_calls_and_errors_and_how_long_they_took) {
    CallTally tally;
    for (int i = 1; i <= 99; ++i) tally.count(2ms, false);
    tally.count(1s, true);
    const CallResults results = tally.results();
    EXPECT_EQ(results.calls, 100U);
    EXPECT_EQ(results.errors, 1U);
    EXPECT_EQ(results.p50, 2ms);
    EXPECT_EQ(results.p99, 2ms);
    EXPECT_EQ(results.waited, 1198ms);
}

TEST(AllOf, callees_are_added_up_side_by_side) {
    Comparison calls;
    calls[0] = {{.calls = 3, .errors = 1, .waited = 1s}, {.calls = 3, .errors = 2, .waited = 2s}};
    calls[1] = {{.calls = 4, .errors = 0, .waited = 1s}, {.calls = 4, .errors = 4, .waited = 9s}};
    const auto [with, without] = all_of(calls);
    EXPECT_EQ(with.calls, 7U);
    EXPECT_EQ(with.errors, 1U);
    EXPECT_EQ(with.waited, 2s);
    EXPECT_EQ(without.errors, 6U);
    EXPECT_EQ(without.waited, 11s);
}

}  // namespace
}  // namespace outrigger::demo
