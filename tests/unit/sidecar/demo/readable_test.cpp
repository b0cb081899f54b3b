// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/readable.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

TEST(Readable, three_digits_are_enough_for_a_length_of_time) {
    EXPECT_EQ(readable(0s), "0.0 ms");
    EXPECT_EQ(readable(3140us), "3.1 ms");
    EXPECT_EQ(readable(9960us), "10 ms");
    EXPECT_EQ(readable(412ms), "412 ms");
    EXPECT_EQ(readable(999600us), "1.00 s");
    EXPECT_EQ(readable(1023ms), "1.02 s");
    EXPECT_EQ(readable(9996ms), "10.0 s");
    EXPECT_EQ(readable(20s), "20.0 s");
}

TEST(Wrapped, short_text_is_one_line) { EXPECT_EQ(wrapped("some words", 2, 20), "  some words\n"); }

TEST(Wrapped, nothing_gives_no_line) { EXPECT_EQ(wrapped("", 2, 20), ""); }

TEST(Wrapped, a_line_breaks_after_the_last_space_or_comma_that_fits) {
    EXPECT_EQ(wrapped("one two three four", 0, 10), "one two\nthree four\n");
    EXPECT_EQ(wrapped("{\"a\":1,\"b\":2,\"c\":3}", 1, 15), " {\"a\":1,\"b\":2,\n \"c\":3}\n");
}

TEST(Wrapped, text_that_fits_exactly_is_not_broken) {
    EXPECT_EQ(wrapped("abcd efgh", 1, 10), " abcd efgh\n");
}

TEST(Wrapped, a_long_word_is_cut_but_not_within_a_character) {
    EXPECT_EQ(wrapped("abcdefghijkl", 0, 8), "abcdefgh\nijkl\n");
    EXPECT_EQ(wrapped("abcdefg\xc3\xa4hi", 0, 8), "abcdefg\n\xc3\xa4hi\n");
}

TEST(Wrapped, bytes_that_are_no_text_come_to_an_end_too) {
    EXPECT_EQ(wrapped(std::string(20, '\x80'), 0, 8).size(), 20U + 13U);  // a byte a line, then the last 8
}

TEST(Padding, text_is_padded_to_its_width_and_never_cut) {
    EXPECT_EQ(to_left("ab", 4), "ab  ");
    EXPECT_EQ(to_right("ab", 4), "  ab");
    EXPECT_EQ(to_left("abcde", 4), "abcde");
    EXPECT_EQ(to_right("abcde", 4), "abcde");
}

TEST(Counted, only_one_is_no_plural) {
    EXPECT_EQ(counted(0, "error"), "0 errors");
    EXPECT_EQ(counted(1, "error"), "1 error");
    EXPECT_EQ(counted(20, "error"), "20 errors");
}

}  // namespace
}  // namespace outrigger::demo
