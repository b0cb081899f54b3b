// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/field_names.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace outrigger::config {
namespace {

TEST(HeaderName, is_a_token) {
    EXPECT_EQ(HeaderName::parse("X-User"), HeaderName{"X-User"});
    EXPECT_TRUE(HeaderName::parse("x_1.~!#$%&'*+^`|"));
    for (const std::string_view text : {"", "X User", "X-User:", "caf\xC3\xA9", "a(b)", "a\n"})
        EXPECT_FALSE(HeaderName::parse(text)) << '\'' << text << '\'';
}

TEST(FieldPattern, is_a_path_of_names_and_stars) {
    for (const std::string_view text :
         {"password", "*.token", "a.*.b", "http.request.headers.set-cookie", "@timestamp", "*"})
        EXPECT_EQ(FieldPattern::parse(text), FieldPattern{std::string{text}}) << text;
    for (const std::string_view text : {"", ".", "a.", ".a", "a..b", "a*", "**", "a b", "a/b"})
        EXPECT_FALSE(FieldPattern::parse(text)) << '\'' << text << '\'';
}

}   // namespace
}   // namespace outrigger::config
