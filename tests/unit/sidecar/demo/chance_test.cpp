// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/chance.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

TEST(Chance, what_has_no_share_never_happens_and_what_has_all_of_it_always_does) {
    Chance chance{7};
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(chance.happens(0_percent));
        EXPECT_TRUE(chance.happens(100_percent));
    }
}

TEST(Chance, a_share_is_kept_in_the_long_run) {
    Chance chance{7};
    int happened = 0;
    for (int i = 0; i < 10'000; ++i) happened += chance.happens(30_percent) ? 1 : 0;
    EXPECT_NEAR(happened, 3'000, 150);  // three standard deviations are 137
}

TEST(Chance, a_length_lies_between_its_bounds_and_varies) {
    Chance chance{7};
    Duration least = 1h;
    Duration most{};
    for (int i = 0; i < 1'000; ++i) {
        const Duration length = chance.between(50ms, 400ms);
        least = std::min(least, length);
        most = std::max(most, length);
    }
    EXPECT_GE(least, 50ms);
    EXPECT_LT(most, 400ms);
    EXPECT_GT(most - least, 300ms);
}

TEST(Chance, the_same_seed_gives_the_same_sequence) {
    Chance one{42};
    Chance other{42};
    for (int i = 0; i < 10; ++i) EXPECT_EQ(one.between(0s, 1h), other.between(0s, 1h));
}

}  // namespace
}  // namespace outrigger::demo
