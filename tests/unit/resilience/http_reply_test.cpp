// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>

#include <outrigger/resilience/http_reply.hpp>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

TEST(HttpReply, its_status_says_what_it_means) {
    for (const int status : {200, 204, 301, 400, 404, 418, 499})
        EXPECT_EQ(assess_status(status), Assessment{}) << status;
    for (const int status : {502, 503, 504})
        EXPECT_EQ(assess_status(status, 2s), (Assessment{Verdict::failure, Retryable::if_safe, 2s})) << status;
    EXPECT_EQ(assess_status(429, 2s), (Assessment{Verdict::neutral, Retryable::if_told, 2s}));
    for (const int status : {501, 505})
        EXPECT_EQ(assess_status(status), (Assessment{Verdict::neutral, Retryable::no})) << status;
    for (const int status : {500, 506, 599})
        EXPECT_EQ(assess_status(status), (Assessment{Verdict::failure, Retryable::no})) << status;
}

TEST(HttpReply, a_pause_is_looked_for_where_it_counts) {
    for (const int status : {429, 502, 503, 504}) EXPECT_TRUE(may_ask_for_pause(status)) << status;
    for (const int status : {200, 301, 500, 501, 505}) EXPECT_FALSE(may_ask_for_pause(status)) << status;
}

TEST(HttpReply, methods_that_may_be_made_twice_are_known_by_their_exact_words) {
    for (const char* method : {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
        EXPECT_TRUE(is_idempotent(method)) << method;
    for (const char* method : {"POST", "PATCH", "CONNECT", "get", "", "GETS"})
        EXPECT_FALSE(is_idempotent(method)) << method;
}

}   // namespace
}   // namespace outrigger::resilience
