// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/examples.hpp"

#include <gtest/gtest.h>

#include <string>

namespace outrigger::demo {
namespace {

std::string entry(const std::string& id, const std::string& upstream, int status, int attempts,
                  const std::string& reason = "") {
    std::string text =
        R"({"explained":"how )" + id + R"( went","request_id":")" + id + R"(","method":"GET","path":"/x")";
    if (!upstream.empty()) text += R"(,"upstream":")" + upstream + '"';
    if (!reason.empty()) text += R"(,"reason":")" + reason + '"';
    text += R"(,"status":)" + std::to_string(status) + R"(,"attempts":[)";
    for (int i = 0; i < attempts; ++i) text += i == 0 ? "{}" : ",{}";
    return text + "]}";
}

std::string page(std::initializer_list<std::string> entries) {
    std::string all;
    for (const std::string& one : entries) all += (all.empty() ? "" : ",") + one;
    return R"({"requests":[)" + all + "]}";
}

TEST(Examples, one_that_was_saved_and_one_that_failed_are_found) {
    const Examples found = examples_from(page({entry("a", "orders", 500, 1), entry("b", "orders", 200, 2)}));
    EXPECT_EQ(found.saved, (Explained{"GET /x", "orders", "how b went", "b"}));
    EXPECT_EQ(found.failed, (Explained{"GET /x", "orders", "how a went", "a"}));
}

TEST(Examples, another_endpoint_and_an_open_circuit_show_more_than_others_and_the_last_comes_first) {
    const Examples found = examples_from(
        page({entry("a", "orders", 200, 2), entry("b", "users", 200, 2), entry("c", "users", 200, 3),
              entry("d", "search", 504, 3, "timeout"), entry("e", "search", 503, 0, "circuit_open"),
              entry("f", "search", 503, 0, "circuit_open")}));
    EXPECT_EQ(found.saved->request_id, "b");
    EXPECT_EQ(found.failed->request_id, "e");
}

TEST(Examples, requests_from_outside_and_calls_without_policies_are_left_out) {
    const Examples found = examples_from(page({entry("a", "", 503, 1), entry("b", "users-bare", 503, 1)}));
    EXPECT_FALSE(found.saved || found.failed);
}

TEST(Examples, a_slow_call_that_needed_one_attempt_was_saved_by_nobody) {
    EXPECT_FALSE(examples_from(page({entry("a", "users", 200, 1)})).saved);
}

TEST(Examples, what_is_no_such_page_has_none) {
    for (const char* text :
         {"", "[]", "{", "{}", R"({"requests":7})", R"({"requests":[7]})",
          R"({"requests":[{"upstream":"users","status":"200"}]})", R"({"requests":[{"upstream":1}]})"}) {
        const Examples found = examples_from(text);
        EXPECT_FALSE(found.saved || found.failed) << text;
    }
}

}  // namespace
}  // namespace outrigger::demo
