// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/yaml_writer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sidecar/config/yaml_parser.hpp"

namespace outrigger::config {
namespace {

Node text(std::string_view value) {
    return {.kind = Node::Kind::scalar, .quoted = true, .text = std::string{value}};
}
Node plain(std::string_view value) { return {.kind = Node::Kind::scalar, .text = std::string{value}}; }
Node list(std::vector<Node> items) { return {.kind = Node::Kind::list, .items = std::move(items)}; }
Node map(std::vector<Entry> entries) { return {.kind = Node::Kind::map, .entries = std::move(entries)}; }

TEST(YamlWriter, writes_blocks_and_short_lists) {
    const Node root =
        map({{"a", 0, plain("1")},
             {"b", 0, map({{"c", 0, text("x")}, {"d", 0, map({})}})},
             {"e", 0, list({text("p"), text("q r")})},
             {"f", 0, list({map({{"g", 0, plain("true")}, {"h", 0, list({})}}), map({{"i", 0, Node{}}})})}});
    EXPECT_EQ(write_yaml(root),
              "a: 1\n"
              "b:\n"
              "  c: x\n"
              "  d: {}\n"
              "e: [p, \"q r\"]\n"
              "f:\n"
              "  - g: true\n"
              "    h: []\n"
              "  - i: null\n");
}

TEST(YamlWriter, a_document_may_be_a_single_value) {
    EXPECT_EQ(write_yaml(Node{}), "null\n");
    EXPECT_EQ(write_yaml(map({})), "{}\n");
    EXPECT_EQ(write_yaml(text("x")), "x\n");
}

TEST(YamlWriter, strings_that_look_plain_stay_plain) {
    for (const std::string_view value : {"orders", "2s", "20%", "500/s", "64KiB", "0.0.0.0:9901",
                                         "http://users:8080/x", "/var/lib", "a+b@c"})
        EXPECT_EQ(write_yaml(text(value)), std::string{value} + '\n');
}

TEST(YamlWriter, strings_that_look_like_something_else_are_quoted) {
    for (const std::string_view value :
         {"",           "1",     "1.5",  "true", "null", "~",     "yes",     "Off",      "n",
          "2026-01-02", "12:30", "0x1F", "1e3",  "***",  ":8080", "stdout:", "[::1]:80", "a b",
          "a#b",        "a: b",  "- a",  "{id}", "'",    "&a",    "!a",      "%a",       "@a"})
        EXPECT_EQ(write_yaml(text(value)), '"' + std::string{value} + "\"\n");
}

TEST(YamlWriter, every_string_reads_back_as_itself) {
    for (const std::string& value :
         {std::string{"a\"b\\c"}, std::string{"caf\xC3\xA9 \xF0\x9F\x98\x80"},
          std::string{"tab\there\nand line"}, std::string{"\x7f\x01"}, std::string{" lead and trail "},
          std::string{"\xC2\x85 \xE2\x80\xA8 \xEF\xBB\xBF"}, std::string{"#"}, std::string{"a\\x41"}}) {
        const ParsedYaml parsed =
            parse_yaml(write_yaml(map({{"k", 0, text(value)}, {"l", 0, list({text(value)})}})));
        ASSERT_TRUE(parsed.whole && parsed.problems.empty());
        EXPECT_EQ(parsed.root.at("k")->text, value);
        EXPECT_EQ(parsed.root.at("l[0]")->text, value);
    }
}

TEST(YamlWriter, a_dollar_brace_is_escaped) { EXPECT_EQ(write_yaml(text("a${B}")), "\"a$${B}\"\n"); }

}   // namespace
}   // namespace outrigger::config
