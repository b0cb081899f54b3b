// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/reading.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "sidecar/config/yaml_parser.hpp"

namespace outrigger::config {
namespace {

const Environment no_environment = [](std::string_view) { return std::nullopt; };

ScalarText written(std::string_view text, bool quoted) {
    return {std::string{text}, quote(text), false, quoted, quoted ? Literal::text : literal_of(text)};
}

TEST(Reading, a_number_is_no_text_and_a_text_no_number) {
    EXPECT_TRUE(fits(Notation::text, written("x", false)));
    EXPECT_TRUE(fits(Notation::text, written("1", true)));
    EXPECT_FALSE(fits(Notation::text, written("1", false)));
    EXPECT_FALSE(fits(Notation::text, written("true", false)));
    EXPECT_TRUE(fits(Notation::integer, written("1", false)));
    EXPECT_FALSE(fits(Notation::integer, written("1", true)));
    EXPECT_FALSE(fits(Notation::boolean, written("true", true)));
    EXPECT_TRUE(fits(Notation::text_or_integer, written("1", false)));
    EXPECT_TRUE(fits(Notation::text_or_number, written("0.5", true)));
    EXPECT_FALSE(fits(Notation::text_or_number, written("true", false)));
}

TEST(Reading, what_came_from_the_environment_may_be_anything) {
    ScalarText scalar = written("1", true);
    scalar.replaced = true;
    EXPECT_TRUE(fits(Notation::integer, scalar));
    EXPECT_TRUE(fits(Notation::text, scalar));
}

TEST(Reading, a_problem_anywhere_on_the_way_makes_a_setting_bad) {
    Reading reading{no_environment};
    reading.problem("a.b[1].c", 1, "text");
    for (const std::string_view path : {"a", "a.b", "a.b[1]", "a.b[1].c", "a.b[1].c.d"})
        EXPECT_TRUE(reading.is_bad(path)) << path;
    for (const std::string_view path : {"b", "a.bb", "a.b[10]", "a.b[2]", "a.b[1].cc"})
        EXPECT_FALSE(reading.is_bad(path)) << path;
}

TEST(Reading, a_problem_of_the_file_as_a_whole_spoils_no_single_setting) {
    Reading reading{no_environment};
    reading.problem("", 1, "text");
    EXPECT_FALSE(reading.is_bad("a"));
}

TEST(Reading, a_flag_stands_for_its_setting) {
    Reading reading{no_environment};
    const Node root;
    EXPECT_FALSE(reading.is_written(root, "", "inbound.app"));
    reading.take_flag("inbound.app", "--app");
    EXPECT_TRUE(reading.is_written(root, "", "inbound.app"));
    EXPECT_FALSE(reading.is_bad("inbound.app"));
    reading.contradiction(root, "", "inbound.app", "wrong");
    EXPECT_TRUE(reading.is_bad("inbound.app"));
    EXPECT_EQ(reading.take_problems(), (std::vector<Problem>{{"--app", 0, "wrong"}}));
}

TEST(Reading, a_contradiction_stands_at_the_line_of_its_key_or_of_what_holds_it) {
    const Node root = parse_yaml("a:\n  b:\n    c: 1\n").root;
    Reading reading{no_environment};
    reading.contradiction(root, "top", "a.b.c", "one");
    reading.contradiction(root, "", "nowhere", "two");
    EXPECT_EQ(reading.take_problems(),
              (std::vector<Problem>{{"top.a.b.c", 3, "one"}, {"nowhere", 1, "two"}}));
}

TEST(Reading, problems_are_bounded) {
    Reading reading{no_environment};
    for (std::size_t i = 0; i < problems_max; ++i) reading.problem("a", 1, "text");
    EXPECT_FALSE(reading.is_full());
    for (int i = 0; i < 10; ++i) reading.problem("a", 2, "text");
    EXPECT_TRUE(reading.is_full());
    const auto problems = reading.take_problems();
    EXPECT_EQ(problems.size(), problems_max + 1);
    EXPECT_EQ(problems.back().text, "further problems are not shown");
}

TEST(Reading, an_environment_that_is_not_utf8_is_refused) {
    const Environment environment = [](std::string_view) { return std::optional<std::string>{"\xFF"}; };
    Reading reading{environment};
    EXPECT_FALSE(reading.scalar(parse_yaml("${A}").root, "a", "text"));
    EXPECT_EQ(reading.take_problems().front().text, "found bytes that are not UTF-8 in the environment");
}

TEST(MapReading, what_nobody_took_is_refused_with_the_nearest_key) {
    const Node root = parse_yaml("timout: 1\nfree: 2\nxyz: 3\nretry: 4\n").root;
    Reading reading{no_environment};
    const std::string path = "top";
    MapReading map{reading, root, path, {{"timeout", ""}, {"retry", ""}, {"free", "disk"}}};
    EXPECT_NE(map.take("retry"), nullptr);
    EXPECT_EQ(map.take("timeout"), nullptr);
    map.refuse_rest();
    EXPECT_EQ(reading.take_problems(),
              (std::vector<Problem>{{"top.timout", 1, "unknown key, did you mean timeout?"},
                                    {"top.free", 2, "this key goes with disk, which is not here"},
                                    {"top.xyz", 3, "unknown key, expected timeout, retry or free"}}));
}

TEST(MapReading, entries_are_all_keys_that_the_struct_does_not_have) {
    const Node root = parse_yaml("users: 1\ndefaults: 2\npay: 3\n").root;
    Reading reading{no_environment};
    const std::string path;
    MapReading map{reading, root, path, {{"defaults", ""}}};
    const auto others = map.take_others();
    ASSERT_EQ(others.size(), 2U);
    EXPECT_EQ(others[0]->key, "users");
    EXPECT_EQ(others[1]->key, "pay");
    EXPECT_EQ(map.path_of("pay"), "pay");
}

TEST(Join, separates_the_last_word_differently) {
    constexpr std::array<std::string_view, 3> words{"a", "b", "c"};
    EXPECT_EQ(join(words, " or "), "a, b or c");
    EXPECT_EQ(join(std::span{words}.first(2), " and "), "a and b");
    EXPECT_EQ(join(std::span{words}.first(1), " and "), "a");
    EXPECT_EQ(join({}, " and "), "");
}

}   // namespace
}   // namespace outrigger::config
