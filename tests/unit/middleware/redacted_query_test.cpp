// SPDX-License-Identifier: Apache-2.0
#include "middleware/redacted_query.hpp"

#include <gtest/gtest.h>

#include <array>

namespace outrigger::middleware {
namespace {

std::string redacted(std::string_view query) {
    const std::array<std::string, 2> patterns{"password", "query.token"};
    const logging::Redaction redaction{patterns};
    std::string room;
    return std::string{redacted_query(query, redaction, room)};
}

TEST(RedactedQuery, only_what_is_named_is_blotted_out) {
    EXPECT_EQ(redacted("a=1&password=x&b=2"), "a=1&password=[redacted]&b=2");
    EXPECT_EQ(redacted("token=x=y&&Password"), "token=[redacted]&&Password");
    EXPECT_EQ(redacted("p%61ssword=x&user.password=y&pass=z&%"), "p%61ssword=[redacted]&user.password=[redacted]&pass=z&%");
    EXPECT_EQ(redacted(""), "");
}

TEST(RedactedQuery, brackets_in_a_name_make_steps) {
    EXPECT_EQ(redacted("user[password]=x&a[0][Password][]=y&user%5Bpassword%5D=z"),
              "user[password]=[redacted]&a[0][Password][]=[redacted]&user%5Bpassword%5D=[redacted]");
    EXPECT_EQ(redacted("password[]=x&user[name]=y"), "password[]=[redacted]&user[name]=y");
}

}   // namespace
}   // namespace outrigger::middleware
