// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/jitter.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

TEST(Varied, stays_within_its_share_and_uses_all_of_it) {
    Rng rng{1};
    Duration shortest = Duration::max();
    Duration longest = Duration::min();
    for (int i = 0; i < 10'000; ++i) {
        const Duration length = varied(10s, 10_percent, rng);
        shortest = std::min(shortest, length);
        longest = std::max(longest, length);
    }
    EXPECT_GE(shortest, 9s);
    EXPECT_LT(shortest, 9010ms);
    EXPECT_LE(longest, 11s);
    EXPECT_GT(longest, 10990ms);
}

TEST(Varied, without_a_share_changes_nothing_and_saturates_instead_of_overflowing) {
    Rng rng{2};
    EXPECT_EQ(varied(3s, 0_percent, rng), 3s);
    for (int i = 0; i < 100; ++i) EXPECT_GT(varied(Duration::max(), 100_percent, rng), 0ns);
}

}  // namespace
}  // namespace outrigger::resilience
