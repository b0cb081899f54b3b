// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/failure.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

TEST(Explain, an_answer_of_the_sidecar_gives_its_reason_and_its_detail) {
    const Failure failure = explain(
        {.url = "http://127.0.0.1:8080/search?q=rope", .request_id = "demo-1"},
        {.status = 504,
         .took = 1s,
         .body = R"({"status":504,"title":"Timeout","detail":"The app was too slow.","reason":"timeout"})",
         .content_type = "application/problem+json",
         .request_id = "abc"});
    EXPECT_EQ(failure.request, "GET /search?q=rope");
    EXPECT_EQ(failure.status, 504);
    EXPECT_EQ(failure.took, 1s);
    EXPECT_EQ(failure.reason, "timeout");
    EXPECT_EQ(failure.words, "The app was too slow.");
    EXPECT_EQ(failure.request_id, "abc");
}

TEST(Explain, an_answer_of_the_shop_has_no_reason) {
    const Failure failure = explain(
        {.url = "http://127.0.0.1:8080/flaky", .request_id = "demo-1"},
        {.status = 500, .body = "{\"error\":\"a price is missing\"}", .content_type = "application/json"});
    EXPECT_EQ(failure.reason, "");
    EXPECT_EQ(failure.words, "a price is missing");
    EXPECT_EQ(failure.request_id, "demo-1");  // nothing came back, but this was sent
}

TEST(Explain, without_a_whole_answer_it_says_why) {
    const Failure failure = explain({.method = "POST", .url = "http://127.0.0.1:8080/orders"},
                                    {.status = 0, .error = "Timeout was reached"});
    EXPECT_EQ(failure.request, "POST /orders");
    EXPECT_EQ(failure.words, "Timeout was reached");
    EXPECT_EQ(failure.request_id, "");
}

TEST(Explain, an_address_without_a_path_asks_for_the_root) {
    EXPECT_EQ(explain({.url = "http://127.0.0.1:8080"}, {}).request, "GET /");
}

TEST(TextMember, it_is_found_wherever_it_stands) {
    EXPECT_EQ(text_member(R"({"a":"1","b":"2"})", "a"), "1");
    EXPECT_EQ(text_member(R"({"a":"1","b":"2"})", "b"), "2");
    EXPECT_EQ(text_member(R"({"a":""})", "a"), "");
}

TEST(TextMember, the_name_inside_another_name_or_a_text_is_not_it) {
    EXPECT_EQ(text_member(R"({"terror":"1","errors":"2","note":"error","error":"3"})", "error"), "3");
}

TEST(TextMember, an_escaped_quote_does_not_end_the_text) {
    EXPECT_EQ(text_member(R"({"a":"say \"no\" \\","b":"2"})", "a"), R"(say \"no\" \\)");
}

TEST(TextMember, what_is_cut_missing_or_no_text_is_empty) {
    EXPECT_EQ(text_member(R"({"a":"1)", "a"), "");
    EXPECT_EQ(text_member(R"({"a":1})", "a"), "");
    EXPECT_EQ(text_member("a", "a"), "");
    EXPECT_EQ(text_member("", "a"), "");
}

}  // namespace
}  // namespace outrigger::demo
