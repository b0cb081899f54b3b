// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/yaml_parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace outrigger::config {
namespace {

// The problems, one a line.
std::string problems(std::string_view text) {
    std::string lines;
    for (const Problem& problem : parse_yaml(text).problems) lines += to_line(problem, "f") + '\n';
    return lines;
}

TEST(YamlParser, makes_a_tree_with_lines) {
    const ParsedYaml parsed = parse_yaml("a: 1\nb:\n  c: [x, 'y']\n  d: null\n");
    EXPECT_TRUE(parsed.whole);
    EXPECT_TRUE(parsed.problems.empty());
    ASSERT_EQ(parsed.root.entries.size(), 2U);
    EXPECT_EQ(parsed.root.entries[1].line, 2);
    const Node& c = parsed.root.entries[1].value.entries[0].value;
    EXPECT_EQ(c.line, 3);
    EXPECT_FALSE(c.items[0].quoted);
    EXPECT_TRUE(c.items[1].quoted);
    EXPECT_EQ(parsed.root.at("b.d")->kind, Node::Kind::nothing);
}

TEST(YamlParser, json_is_yaml) {
    const ParsedYaml parsed = parse_yaml(R"({"a":1,"b":{"c":["x",true,null]}})");
    EXPECT_TRUE(parsed.whole && parsed.problems.empty());
    EXPECT_EQ(parsed.root.at("b.c[0]")->text, "x");
}

TEST(YamlParser, an_empty_document_is_nothing) {
    for (const std::string_view text : {"", "\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF"}) {
        const ParsedYaml parsed = parse_yaml(text);
        EXPECT_TRUE(parsed.whole && parsed.problems.empty()) << text;
        EXPECT_EQ(parsed.root.kind, Node::Kind::nothing);
    }
}

TEST(YamlParser, a_byte_order_mark_and_carriage_returns_change_nothing) {
    const ParsedYaml parsed = parse_yaml(
        "\xEF\xBB\xBF"
        "a: 'x'\r\nb: \"y\"\r\n");
    EXPECT_TRUE(parsed.problems.empty());
    EXPECT_EQ(parsed.root.at("b")->text, "y");
    EXPECT_EQ(parsed.root.at("b")->line, 2);
}

TEST(YamlParser, every_duplicate_key_is_refused_where_it_stands_twice) {
    EXPECT_EQ(problems("a: 1\nb: {c: 1,\n c: 2}\n'a': 3\n"),
              "f:3: b.c: found the key a second time, the first is in line 2\n"
              "f:4: a: found the key a second time, the first is in line 1\n");
    EXPECT_EQ(parse_yaml("a: 1\na: 2").root.at("a")->text, "1");
}

TEST(YamlParser, anchors_aliases_merge_keys_and_tags_are_refused) {
    EXPECT_EQ(problems("a: &x {c: 1}\nb: *x\nd:\n  <<: *x\ne: !!str 1\nf: [!t x]\n&y g: 1\n"),
              "f:1: a: found an anchor, expected a plain value: anchors are refused\n"
              "f:2: b: found an alias, expected the value itself: aliases are refused\n"
              "f:4: d.<<: found a merge key, expected the keys themselves: merge keys are refused\n"
              "f:4: d.<<: found an alias, expected the value itself: aliases are refused\n"
              "f:5: e: found the tag 'tag:yaml.org,2002:str', expected a plain value: tags are refused\n"
              "f:6: f[0]: found the tag '!t', expected a plain value: tags are refused\n"
              "f:7: found an anchor, expected a plain value: anchors are refused\n");
}

TEST(YamlParser, what_was_refused_is_marked_so_that_nobody_reads_it) {
    EXPECT_TRUE(parse_yaml("a: &x 1").root.at("a")->refused);
}

TEST(YamlParser, keys_that_are_not_text_are_refused) {
    EXPECT_EQ(problems("? [a]\n: b\n? {c: d}\n: e\n~: f\n"),
              "f:1: found a list as a key, expected text\n"
              "f:3: found a mapping as a key, expected text\n"
              "f:5: found nothing as a key, expected text\n");
}

TEST(YamlParser, a_second_document_is_refused) {
    EXPECT_EQ(problems("a: 1\n---\nb: 2\n"),
              "f:2: found text after the end of the settings, expected one document and nothing after it\n");
    EXPECT_FALSE(parse_yaml("a: 1\n---\nb: 2\n").whole);
}

TEST(YamlParser, what_is_not_yaml_is_one_problem_with_line_and_column) {
    EXPECT_EQ(problems("a: 1\nb: {c: 1]\n"), "f:2: not YAML: illegal flow end (column 9)\n");
    EXPECT_FALSE(parse_yaml("a: {").whole);
}

TEST(YamlParser, says_to_quote_braces_inside_brackets) {
    const std::string hint =
        "; inside [ ] and { } quote values that contain braces, such as \"/users/{id}\" or \"${VAR}\"\n";
    EXPECT_EQ(problems("a: [/users/{id}]"),
              "f:1: not YAML: end of sequence flow not found (column 12)" + hint);
    EXPECT_EQ(problems("a: {token: ${VAR}}"), "f:1: not YAML: end of map flow not found (column 13)" + hint);
    EXPECT_EQ(problems("a: [\n  ${VAR},\n]"),
              "f:2: not YAML: end of sequence flow not found (column 4)" + hint);
}

TEST(YamlParser, says_what_else_was_most_likely_meant) {
    EXPECT_NE(problems("a:\n\tb: 1").find("; indent with spaces, not with tabs"), std::string::npos);
    EXPECT_NE(problems("a: *.token").find("; quote text that begins with a sign"), std::string::npos);
    EXPECT_NE(problems("a: @b").find("; quote text that begins with a sign"), std::string::npos);
    EXPECT_NE(problems("to: stdout:").find("or end with ':'"), std::string::npos);
    EXPECT_NE(problems("a: [::1]:80").find("; quote addresses such as \"[::1]:8080\""), std::string::npos);
}

TEST(YamlParser, a_quote_that_never_closes_is_refused) {
    EXPECT_EQ(problems("a: 'x\n"), "f:1: a: found a quote that is never closed\n");
    EXPECT_EQ(problems("a: \"x\\\"\n"), "f:1: a: found a quote that is never closed\n");
    EXPECT_EQ(problems("a: 'it''s'\nb: \"x\\\"\"\nc: |\n  'x\n"), "");
}

TEST(YamlParser, a_quote_that_never_closes_is_found_behind_other_characters_too) {
    EXPECT_EQ(problems("\xEF\xBB\xBF# caf\xC3\xA9\r\na: \xE2\x82\xAC\r\nb: 'x\r\n"),
              "f:3: b: found a quote that is never closed\n");
    EXPECT_EQ(problems("# caf\xC3\xA9\r\na: '\xE2\x82\xAC'\r\nb: 'x'\r\n"), "");
}

TEST(YamlParser, bytes_that_are_no_text_are_refused) {
    EXPECT_EQ(problems("a: 1\nb: \xFF\n"), "f:2: found a byte that is not UTF-8, expected text in UTF-8\n");
    EXPECT_EQ(problems(std::string_view{"a: \0", 4}), "f:1: found a NUL byte, expected text\n");
    EXPECT_EQ(problems("a: \x1b\n"), "f:1: found the control character '\\x1b', expected text\n");
    EXPECT_EQ(problems(std::string_view{"\xFF\xFE"
                                        "a\0",
                                        4}),
              "f:1: found a byte that is not UTF-8, expected text in UTF-8\n");
}

TEST(YamlParser, nesting_is_bounded) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(problems(nested(depth_max)), "");
    EXPECT_NE(problems(nested(depth_max + 1)).find("found more than 32 levels of nesting"),
              std::string::npos);
    for (const std::string_view piece : {"[", "{a: ", "- ", "? ", "[a,", "- - "}) {
        std::string deep;
        while (deep.size() < 200'000) deep += piece;
        const ParsedYaml parsed = parse_yaml(deep);
        EXPECT_FALSE(parsed.whole) << piece;
        EXPECT_EQ(parsed.problems.size(), 1U) << piece;
    }
}

TEST(YamlParser, the_number_of_values_is_bounded) {
    std::string many = "[";
    while (many.size() < 2 * nodes_max + 10) many += "1,";
    EXPECT_NE(problems(many + "]").find("found more than 65536 values"), std::string::npos);
}

TEST(YamlParser, a_pair_of_escapes_for_one_character_is_refused_the_character_is_not) {
    EXPECT_FALSE(parse_yaml("a: \"\\ud83d\\ude00\"").whole);
    EXPECT_EQ(parse_yaml("a: \"\xF0\x9F\x98\x80\"").root.at("a")->text, "\xF0\x9F\x98\x80");
}

TEST(YamlParser, what_a_message_quotes_from_the_file_stays_one_line) {
    for (const std::string byte : {"\n", "\r", "\x7f", "\xC2\x85"}) {
        const ParsedYaml parsed = parse_yaml("a: [\"b\\" + byte + "c\"]\nd: \"\\" + byte + "\"\n");
        for (const Problem& problem : parsed.problems)
            EXPECT_EQ(problem.text.find_first_of("\r\n\x7f"), std::string::npos) << testing::PrintToString(byte);
    }
    const ParsedYaml parsed = parse_yaml("inbound: {routes: [\"/users/{id}\\\r\"]}\n");
    ASSERT_EQ(parsed.problems.size(), 1U);
    EXPECT_NE(parsed.problems.front().text.find("escape character: \\x0d"), std::string::npos)
        << parsed.problems.front().text;
}

TEST(YamlParser, a_parser_that_makes_no_progress_is_stopped) { EXPECT_FALSE(parse_yaml(",").whole); }

}   // namespace
}   // namespace outrigger::config
