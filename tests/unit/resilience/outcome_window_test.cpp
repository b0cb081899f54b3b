// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/outcome_window.hpp>

#include <gtest/gtest.h>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{std::chrono::hours{1}};

TEST(TimeWindow, a_call_counts_until_it_is_as_old_as_the_window) {
    TimeWindow window{10s};
    EXPECT_EQ(window.add(true, false, start), (Tally{1, 1, 0}));
    EXPECT_EQ(window.add(false, true, start + 9s), (Tally{2, 1, 1}));
    EXPECT_EQ(window.total(start + 9999ms), (Tally{2, 1, 1}));
    EXPECT_EQ(window.total(start + 10s), (Tally{1, 0, 1}));
    EXPECT_EQ(window.total(start + 1h), Tally{});
}

TEST(CountWindow, holds_the_last_calls_exactly) {
    CountWindow window{3};
    EXPECT_EQ(window.add(true, false), (Tally{1, 1, 0}));
    EXPECT_EQ(window.add(false, true), (Tally{2, 1, 1}));
    EXPECT_EQ(window.add(false, false), (Tally{3, 1, 1}));
    EXPECT_EQ(window.add(false, false), (Tally{3, 0, 1}));
    window.clear();
    EXPECT_EQ(window.total(), Tally{});
}

}  // namespace
}  // namespace outrigger::resilience
