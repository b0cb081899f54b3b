// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/problem.hpp"

#include <gtest/gtest.h>

#include <string>

namespace outrigger::config {
namespace {

TEST(Problem, is_one_line_with_file_line_path_and_text) {
    EXPECT_EQ(to_line({"inbound.timeout", 12, "found 'abc'"}, "outrigger.yaml"),
              "outrigger.yaml:12: inbound.timeout: found 'abc'");
}

TEST(Problem, says_no_line_and_no_path_where_there_is_none) {
    EXPECT_EQ(to_line({"", 0, "cannot be opened"}, "x.yaml"), "x.yaml: cannot be opened");
    EXPECT_EQ(to_line({"", 3, "not YAML"}, "x.yaml"), "x.yaml:3: not YAML");
}

TEST(Problem, of_a_flag_names_the_flag_and_no_file) {
    EXPECT_EQ(to_line({"--app", 0, "found 'x'"}, "x.yaml"), "--app: found 'x'");
    EXPECT_EQ(to_line({"--app", 0, "found 'x'"}, ""), "--app: found 'x'");
}

TEST(Problem, what_a_file_brings_in_cannot_break_the_line) {
    EXPECT_EQ(to_line({"a\nb\x1b[31m", 1, "text"}, "x\n.yaml"), "x\\x0a.yaml:1: a\\x0ab\\x1b[31m: text");
    EXPECT_EQ(quote("a\nb\x7f"), "'a\\x0ab\\x7f'");
}

TEST(Problem, more_than_a_thousand_are_counted_as_one) {
    std::vector<Problem> problems;
    for (int line = 1; line <= 1500; ++line) add_problem(problems, {"a", line, "text"});
    ASSERT_EQ(problems.size(), problems_max + 1);
    EXPECT_EQ(problems[problems_max - 1], (Problem{"a", 1000, "text"}));
    EXPECT_EQ(problems.back(), (Problem{"", 1001, "further problems are not shown"}));
}

TEST(Problem, long_text_is_cut_between_characters) {
    EXPECT_EQ(quote(std::string(60, 'a')), '\'' + std::string(60, 'a') + '\'');
    EXPECT_EQ(quote(std::string(61, 'a')), '\'' + std::string(60, 'a') + "...'");
    EXPECT_EQ(quote(std::string(59, 'a') + "\xC3\xA9"), '\'' + std::string(59, 'a') + "...'");
    EXPECT_LT(to_line({std::string(100'000, 'p'), 1, "text"}, "x").size(), 400U);
}

}   // namespace
}   // namespace outrigger::config
