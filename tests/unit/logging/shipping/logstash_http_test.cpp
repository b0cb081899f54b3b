// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/logstash_http.hpp"

#include <gtest/gtest.h>

namespace outrigger::logging {
namespace {

TEST(LogstashHttp, posts_an_array) {
    std::string body = "old";
    LogstashHttp{}.write({.records = 2, .lines = "{\"a\":\"\\n\"}\n{}\n"}, body);
    EXPECT_EQ(body, "[{\"a\":\"\\n\"},{}]");
    EXPECT_EQ(LogstashHttp{}.target({}), "/");
    EXPECT_EQ(LogstashHttp{}.target({.path = "/x"}), "/x");
}

TEST(LogstashHttp, any_good_status_means_that_it_has_them) {
    EXPECT_EQ(LogstashHttp{}.judge(204, "", {.records = 2}).kind, Outcome::Kind::delivered);
}

}   // namespace
}   // namespace outrigger::logging
