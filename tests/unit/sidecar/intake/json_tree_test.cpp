// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/json_tree.hpp"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace outrigger::intake {
namespace {

std::string fault_of(std::string_view text, std::size_t* where = nullptr) {
    JsonTree tree;
    std::size_t at = 0;
    const JsonFault fault = tree.parse(text, at);
    if (where) *where = fault.at;
    return std::string{fault.what};
}

TEST(JsonTree, takes_what_is_json_and_nothing_else) {
    const std::vector<std::string> texts{
        "{}", "[]", "0", "-0", "-1.5e+3", "1E9", "true", "false", "null", "\"\"", R"("a\"\\\/\b\f\n\r\tA")", R"({"a":[1,{"b":null}]})",
        " {\n\"a\" :\t1 , \"b\": [ ] }", "\"\xc3\xa9\"", R"("\ud83d\ude00")", R"("\ud83d")",
        "", "{", "[", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "[1,]", "[1 2]", "{a:1}", "01", "1.", ".5", "-",
        "+1", "1e", "tru", "nulll", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "\"\t\"", "'a'", "NaN", "Infinity", "{\"a\" 1}",
        "\"abcdefghijklmnopqrstuvwxyz0123456789\"", "\"abcdefghijklmnopqrstuvwxyz\n0123456789\"", "\"abcdefghijklmnopqrstuvwxyz", "1.5.5"};
    for (const std::string& text : texts) {
        JsonTree tree;
        std::size_t at = 0;
        const bool taken = tree.parse(text, at).what.empty() && behind_blanks(text, at) == text.size();
        // A lone half of a pair is JSON; the other parser is stricter.
        const bool is_json = nlohmann::json::accept(text) || text == R"("\ud83d")";
        EXPECT_EQ(taken, is_json) << text;
    }
}

TEST(JsonTree, says_where_it_stops) {
    std::size_t at = 0;
    EXPECT_EQ(fault_of(R"({"a":1,"b" 2})", &at), "expected a colon");
    EXPECT_EQ(at, 11U);
    EXPECT_EQ(fault_of(R"({"a":1)", &at), "it ends too early");
    EXPECT_EQ(at, 6U);
    EXPECT_EQ(fault_of("\"a\x01\"", &at), "a control character in a text must be escaped");
    EXPECT_EQ(at, 2U);
}

TEST(JsonTree, refuses_what_is_nested_too_deep) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(fault_of(nested(depth_max)), "");
    EXPECT_EQ(fault_of(nested(depth_max + 1)), "nested deeper than 32 levels");
    EXPECT_EQ(fault_of(std::string(1'000'000, '{')), "expected a member's name in quotes");
}

TEST(JsonTree, of_members_with_one_name_the_last_one_counts) {
    for (const int others : {0, 100}) {
        std::string text = "{";
        for (int i = 0; i < others; ++i) text += "\"n" + std::to_string(i) + "\":0,";
        text += R"("a":1,"\u0061":2,"b":3,"a":4})";
        JsonTree tree;
        std::size_t at = 0;
        ASSERT_EQ(tree.parse(text, at).what, "");
        int found = 0;
        tree.each(tree.root(), [&](const JsonNode& member) { found += member.name == "a" ? 1 : 0; });
        EXPECT_EQ(found, 1);
        EXPECT_EQ(tree.find(tree.root(), "a")->text, "4");
    }
}

TEST(JsonTree, repairs_what_is_no_text) {
    JsonTree tree;
    std::size_t at = 0;
    const std::string text = "\"a\xff\xc3\xa9\\ud83dz\\ud83d\\ude00\\n\"";
    ASSERT_EQ(tree.parse(text, at).what, "");
    EXPECT_FALSE(tree.root().sound);
    std::string repaired;
    append_repaired(repaired, tree.root().text);
    EXPECT_EQ(repaired, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbdz\\ud83d\\ude00\\n");
    std::string plain;
    append_unescaped(plain, repaired);
    EXPECT_EQ(plain, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbdz\xf0\x9f\x98\x80\n");
    std::string escaped;
    append_escaped(escaped, "\x01\"\\\xff z");
    EXPECT_EQ(escaped, "\\u0001\\\"\\\\\xef\xbf\xbd z");
}

}   // namespace
}   // namespace outrigger::intake
