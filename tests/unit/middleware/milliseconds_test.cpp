// SPDX-License-Identifier: Apache-2.0
#include "middleware/milliseconds.hpp"

#include <gtest/gtest.h>

#include <string>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

std::string text(Duration duration) { return std::string{Milliseconds{duration}.text()}; }

TEST(Milliseconds, have_one_digit_after_the_point) {
    EXPECT_EQ(text(0ns), "0.0");
    EXPECT_EQ(text(99us), "0.0");
    EXPECT_EQ(text(100us), "0.1");
    EXPECT_EQ(text(12'345us), "12.3");
    EXPECT_EQ(text(61s), "61000.0");
    EXPECT_EQ(text(-5ms), "0.0");
    EXPECT_EQ(text(Duration::max()), "9223372036854.7");
}

}  // namespace
}  // namespace outrigger::middleware
