// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/tree.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "sidecar/config/yaml_parser.hpp"

namespace outrigger::config {
namespace {

TEST(Tree, finds_what_stands_at_a_path) {
    const Node root = parse_yaml("a:\n  b:\n    - x\n    - {c: y}\n").root;
    ASSERT_NE(root.at("a.b[1].c"), nullptr);
    EXPECT_EQ(root.at("a.b[1].c")->text, "y");
    EXPECT_EQ(root.at("a.b[0]")->text, "x");
    EXPECT_EQ(root.at("a.b")->items.size(), 2U);
    EXPECT_EQ(root.at(""), &root);
}

TEST(Tree, finds_nothing_at_a_path_that_is_not_there) {
    const Node root = parse_yaml("a: {b: [x]}").root;
    for (const std::string_view path :
         {"b", "a.c", "a.b[1]", "a[0]", "a.b.c", "a.b[0].c", "a.b[x]", "a.b[99999999999999999999999]"})
        EXPECT_EQ(root.at(path), nullptr) << path;
}

TEST(Tree, says_what_was_found) {
    const Node root = parse_yaml("[x, [], {}, null]").root;
    EXPECT_EQ(describe_found(root.items[0]), "'x'");
    EXPECT_EQ(describe_found(root.items[1]), "a list");
    EXPECT_EQ(describe_found(root.items[2]), "a mapping");
    EXPECT_EQ(describe_found(root.items[3]), "nothing");
}

TEST(Literal, an_unquoted_scalar_is_what_yaml_1_2_says) {
    for (const std::string_view text : {"", "~", "null", "Null", "NULL"})
        EXPECT_EQ(literal_of(text), Literal::nothing);
    for (const std::string_view text : {"true", "False", "TRUE"})
        EXPECT_EQ(literal_of(text), Literal::boolean);
    for (const std::string_view text :
         {"0", "-1", "+12", "1.5", ".5", "1.", "1e3", "-1.5E-3", "0x1F", "0o17", ".inf", "-.INF", ".nan"})
        EXPECT_EQ(literal_of(text), Literal::number) << text;
    for (const std::string_view text : {"yes", "off", "nULL", "1s", "20%", "1.2.3", "-", ".", "+", "e3", "1e",
                                        "0x", "0xg", "0o8", "1_000", "0.0.0.0:80", "inf"})
        EXPECT_EQ(literal_of(text), Literal::text) << text;
}

}   // namespace
}   // namespace outrigger::config
