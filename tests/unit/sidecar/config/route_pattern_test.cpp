// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/route_pattern.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace outrigger::config {
namespace {

TEST(RoutePattern, has_literal_named_and_wild_segments) {
    for (const std::string_view text : {"/", "/users", "/users/{id}", "/orders/{id}/items", "/a/*/b",
                                        "/search/**", "/**", "/caf%C3%A9", "/v1.0/x:y@z", "/trailing/"})
        EXPECT_EQ(RoutePattern::parse(text), RoutePattern{std::string{text}}) << text;
}

TEST(RoutePattern, everything_else_is_refused) {
    for (const std::string_view text :
         {"", "users", "/users/{}", "/users/{id", "/users/id}", "/users/x{id}", "/users/{i d}", "/**/x",
          "/a*", "/{id}/{id}", "/a?b", "/a#b", "/a b", "/caf\xC3\xA9", "/{a-b}"})
        EXPECT_FALSE(RoutePattern::parse(text)) << '\'' << text << '\'';
    EXPECT_TRUE(RoutePattern::parse('/' + std::string(1023, 'a')));
    EXPECT_FALSE(RoutePattern::parse('/' + std::string(1024, 'a')));
}

TEST(RouteMatch, is_a_method_and_a_path_or_a_path_for_any_method) {
    EXPECT_EQ(RouteMatch::parse("POST /charges"), (RouteMatch{"POST", {"/charges"}}));
    EXPECT_EQ(RouteMatch::parse("/search/**"), (RouteMatch{"", {"/search/**"}}));
    EXPECT_EQ(RouteMatch::parse("M-SEARCH /x")->to_text(), "M-SEARCH /x");
    EXPECT_EQ(RouteMatch::parse("/x")->to_text(), "/x");
}

TEST(RouteMatch, everything_else_is_refused) {
    for (const std::string_view text :
         {"", "GET", "GET ", " /x", "get /x", "GET  /x", "GET /x ", "GET x", "GET,POST /x"})
        EXPECT_FALSE(RouteMatch::parse(text)) << '\'' << text << '\'';
}

}   // namespace
}   // namespace outrigger::config
