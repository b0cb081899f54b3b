// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/http_method.hpp>

#include <gtest/gtest.h>

namespace outrigger::metrics {
namespace {

TEST(HttpMethod, every_known_word_is_its_method_and_back) {
    EXPECT_EQ(http_method("GET"), HttpMethod::get);
    EXPECT_EQ(http_method("HEAD"), HttpMethod::head);
    EXPECT_EQ(http_method("POST"), HttpMethod::post);
    EXPECT_EQ(http_method("PUT"), HttpMethod::put);
    EXPECT_EQ(http_method("DELETE"), HttpMethod::delete_);
    EXPECT_EQ(http_method("CONNECT"), HttpMethod::connect);
    EXPECT_EQ(http_method("OPTIONS"), HttpMethod::options);
    EXPECT_EQ(http_method("TRACE"), HttpMethod::trace);
    EXPECT_EQ(http_method("PATCH"), HttpMethod::patch);
    EXPECT_EQ(to_string(HttpMethod::delete_), "DELETE");
}

TEST(HttpMethod, what_a_caller_invents_is_other) {
    EXPECT_EQ(http_method("BREW"), HttpMethod::other);
    EXPECT_EQ(http_method("get"), HttpMethod::other);
    EXPECT_EQ(http_method(""), HttpMethod::other);
    EXPECT_EQ(http_method("_OTHER"), HttpMethod::other);
    EXPECT_EQ(to_string(HttpMethod::other), "_OTHER");
}

}  // namespace
}  // namespace outrigger::metrics
