// SPDX-License-Identifier: Apache-2.0
#include "sidecar/route/table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace outrigger::route {
namespace {

std::string match(const std::vector<std::string>& templates, std::string_view path) {
    return std::string{Table{templates}.match(path).name};
}

TEST(Table, a_literal_template_matches_its_path_and_no_other) {
    EXPECT_EQ(match({"/users"}, "/users"), "/users");
    for (const char* path : {"/", "/user", "/userss", "/users/", "/users/7", "/Users", "//users", "/a/users"})
        EXPECT_EQ(match({"/users"}, path), "other") << path;
}

TEST(Table, literals_of_every_length_are_compared_to_their_last_byte) {
    std::string literal = "/";
    for (int length = 1; length < 40; ++length, literal += static_cast<char>('a' + length % 26)) {
        EXPECT_EQ(match({literal}, literal), literal);
        EXPECT_EQ(match({literal}, literal + "?q"), literal);
        for (std::size_t i = 1; i < literal.size(); ++i) {
            std::string other = literal;
            other[i] = '-';
            ASSERT_EQ(match({literal}, other), "other") << other;
        }
    }
}

TEST(Table, a_segment_in_braces_matches_any_one_that_is_not_empty) {
    for (const char* path : {"/users/7", "/users/a%20b", "/users/{id}", "/users/*"})
        EXPECT_EQ(match({"/users/{id}"}, path), "/users/{id}") << path;
    for (const char* path : {"/users", "/users/", "/users//", "/users/7/", "/users/7/items", "/orders/7"})
        EXPECT_EQ(match({"/users/{id}"}, path), "other") << path;
}

TEST(Table, a_star_is_a_segment_in_braces_without_a_name) {
    EXPECT_EQ(match({"/users/*/items"}, "/users/7/items"), "/users/*/items");
    EXPECT_EQ(match({"/users/*/items"}, "/users//items"), "other");
}

TEST(Table, two_stars_match_whatever_follows_nothing_included) {
    for (const char* path : {"/files", "/files/", "/files/a", "/files/a/b/c", "/files//"})
        EXPECT_EQ(match({"/files/**"}, path), "/files/**") << path;
    for (const char* path : {"/", "/file", "/filesystem"})
        EXPECT_EQ(match({"/files/**"}, path), "other") << path;
    EXPECT_EQ(match({"/**"}, "/"), "/**");
    EXPECT_EQ(match({"/**"}, "/a/b"), "/**");
}

TEST(Table, the_root_is_a_path_like_others) {
    EXPECT_EQ(match({"/"}, "/"), "/");
    EXPECT_EQ(match({"/"}, "/a"), "other");
    EXPECT_EQ(match({"/a/"}, "/a/"), "/a/");
    EXPECT_EQ(match({"/a/"}, "/a"), "other");
}

TEST(Table, the_first_template_that_matches_wins) {
    const std::vector<std::string> templates{"/users/me", "/users/{id}", "/users/**", "/**"};
    EXPECT_EQ(match(templates, "/users/me"), "/users/me");
    EXPECT_EQ(match(templates, "/users/7"), "/users/{id}");
    EXPECT_EQ(match(templates, "/users/7/items"), "/users/**");
    EXPECT_EQ(match(templates, "/orders"), "/**");
    EXPECT_EQ(match({"/users/{id}", "/users/me"}, "/users/me"), "/users/{id}");
}

TEST(Table, a_query_is_not_looked_at) {
    EXPECT_EQ(match({"/users/{id}"}, "/users/7?fields=name/first"), "/users/{id}");
    EXPECT_EQ(match({"/users"}, "/users?"), "/users");
    EXPECT_EQ(match({"/users/{id}"}, "/users/?7"), "other") << "the segment is empty";
    EXPECT_EQ(match({"/files/**"}, "/files?a/b"), "/files/**");
    EXPECT_EQ(match({"/users/*/items"}, "/users/7?x/items"), "other");
    EXPECT_EQ(match({"/"}, "/?a"), "/");
}

TEST(Table, what_is_no_path_is_other) {
    for (const char* path : {"", "*", "?", "users/7", "example.com:443"})
        EXPECT_EQ(match({"/**"}, path), "other") << path;
}

TEST(Table, without_templates_all_is_other) {
    EXPECT_EQ(match({}, "/"), "other");
    EXPECT_EQ(Table{std::vector<std::string>{}}.match("/").id, 0u);
}

TEST(Table, each_template_has_its_own_id_and_other_has_none) {
    const std::vector<std::string> templates{"/a", "/b"};
    const Table table{templates};
    EXPECT_EQ(table.match("/a").id, 1u);
    EXPECT_EQ(table.match("/b").id, 2u);
    EXPECT_EQ(table.match("/c").id, 0u);
}

TEST(Table, a_name_lives_as_long_as_the_table) {
    const std::vector<std::string> templates(50, "/a/long/template/{id}/that/needs/memory");
    const Table table{templates};
    const Route route = table.match("/a/long/template/7/that/needs/memory");
    EXPECT_EQ(route.name, templates.front());
    EXPECT_NE(route.name.data(), templates.front().data());
}

TEST(Table, a_path_of_very_many_segments_is_matched_without_trouble) {
    std::string path;
    for (int i = 0; i < 8000; ++i) path += "/a";
    EXPECT_EQ(match({"/a/{b}", "/a/**"}, path), "/a/**");
    EXPECT_EQ(match({"/{a}/{b}/{c}"}, path), "other");
}

}   // namespace
}   // namespace outrigger::route
