// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/choice.hpp"

#include <gtest/gtest.h>

namespace outrigger::upstream {
namespace {

using By = Choice::By;

TEST(Choice, where_nobody_chose_there_is_nothing_to_say) {
    EXPECT_EQ(explain({}), "");
    EXPECT_EQ(explain({.avoided = true, .known = 3}), "");
}

TEST(Choice, numbers_are_counted_in_words) {
    EXPECT_EQ(explain({.by = By::calls, .known = 2, .own = 0, .other = 1}),
              "least_request: 0 calls in flight, 1 call at the other of two drawn");
    EXPECT_EQ(explain({.by = By::cost, .known = 2, .own = 0.0001F, .other = 12.345F}),
              "ewma: its cost is 0.1 ms, that of the other of two drawn 12.3 s");
    EXPECT_EQ(explain({.by = By::cost, .known = 2, .own = 0.5F, .other = 1e9F}),
              "ewma: its cost is 500 ms, that of the other of two drawn not known yet");
    EXPECT_EQ(explain({.by = By::chance, .ramping = true, .share = 1.0F, .known = 2}),
              "drawn at random, twice; others are in slow start");
}

TEST(Choice, the_only_one_says_why_it_was) {
    EXPECT_EQ(explain({.by = By::only, .known = 1}), "the only endpoint");
    EXPECT_EQ(explain({.by = By::only, .known = 3, .ejected = 2}),
              "the only one of 3 that is not ejected");
    EXPECT_EQ(explain({.by = By::only, .avoided = true, .known = 2}), "the only other one than before");
}

}   // namespace
}   // namespace outrigger::upstream
