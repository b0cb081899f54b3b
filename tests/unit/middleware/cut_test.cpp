// SPDX-License-Identifier: Apache-2.0
#include "middleware/cut.hpp"

#include <gtest/gtest.h>

namespace outrigger::middleware {
namespace {

TEST(Cut, what_fits_stays) {
    EXPECT_EQ(cut("abc", 3), "abc");
    EXPECT_EQ(cut("", 0), "");
}

TEST(Cut, what_does_not_fit_is_cut) {
    EXPECT_EQ(cut("abcd", 3), "abc");
    EXPECT_EQ(cut("abcd", 0), "");
}

TEST(Cut, a_sequence_is_not_split) {
    EXPECT_EQ(cut("ab\xc3\xa9", 3), "ab");
    EXPECT_EQ(cut("a\xf0\x9f\x9a\xa3z", 4), "a");
    EXPECT_EQ(cut("a\xf0\x9f\x9a\xa3z", 5), "a\xf0\x9f\x9a\xa3");
}

TEST(Cut, bytes_that_are_not_utf8_are_cut_anywhere) {
    EXPECT_EQ(cut("\x80\x80\x80\x80\x80\x80", 5).size(), 5U);
}

}  // namespace
}  // namespace outrigger::middleware
