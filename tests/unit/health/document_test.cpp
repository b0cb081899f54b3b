// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/document.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

// The expected bytes are those that @nestjs/terminus 12.1 was seen to send.
namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

struct Given {
    std::string key;
    Outcome outcome;
};

Document rendered(const std::vector<Given>& given, bool draining = false, Format format = Format::terminus12) {
    Standings standings;
    for (const auto& [key, outcome] : given)
        standings.push_back(std::make_shared<const Standing>(
            Standing{key, outcome.status, outcome.status, outcome, {}, entry_body(outcome, outcome.status)}));
    return document(standings, draining, format);
}

TEST(Document, without_checks_it_is_ok) {
    const auto page = rendered({});
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.body, R"({"status":"ok","info":{},"error":{},"details":{}})");
}

TEST(Document, what_is_up_is_info) {
    const auto page = rendered({{"a", up()}, {"b", {Status::up, "msg", {}, {}}}});
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.body,
              R"({"status":"ok","info":{"a":{"status":"up"},"b":{"message":"msg","status":"up"}},"error":{},)"
              R"("details":{"a":{"status":"up"},"b":{"message":"msg","status":"up"}}})");
}

TEST(Document, what_is_degraded_is_info_too_and_answers_200) {
    const auto page = rendered({{"a", up()}, {"b", degraded("slow")}});
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(
        page.body,
        R"({"status":"degraded","info":{"a":{"status":"up"},"b":{"message":"slow","status":"degraded"}},)"
        R"("error":{},"details":{"a":{"status":"up"},"b":{"message":"slow","status":"degraded"}}})");
}

TEST(Document, details_are_info_and_then_error_whatever_came_first) {
    const auto page = rendered({{"z_down", down("x")}, {"a_up", up()}});
    EXPECT_EQ(page.status, 503);
    EXPECT_EQ(page.body, R"({"status":"error","info":{"a_up":{"status":"up"}},)"
                         R"("error":{"z_down":{"message":"x","status":"down"}},)"
                         R"("details":{"a_up":{"status":"up"},"z_down":{"message":"x","status":"down"}}})");
}

TEST(Document, down_outweighs_degraded) {
    EXPECT_EQ(rendered({{"a", degraded("slow")}, {"b", down("x")}}).status, 503);
}

TEST(Document, while_draining_it_is_shutting_down_and_still_filled) {
    const auto page = rendered({{"a", up()}}, true);
    EXPECT_EQ(page.status, 503);
    EXPECT_EQ(page.body, R"({"status":"shutting_down","info":{"a":{"status":"up"}},"error":{},)"
                         R"("details":{"a":{"status":"up"}}})");
}

TEST(Document, keys_that_are_integers_come_first_and_ascending) {
    const auto page = rendered({{"b", up()}, {"10", up()}, {"2", up()}, {"a", up()}});
    const std::string members =
        R"({"2":{"status":"up"},"10":{"status":"up"},"b":{"status":"up"},"a":{"status":"up"}})";
    EXPECT_EQ(page.body, R"({"status":"ok","info":)" + members + R"(,"error":{},"details":)" + members + "}");
}

TEST(Document, an_integer_from_error_goes_before_info_in_details) {
    EXPECT_EQ(
        rendered({{"a", up()}, {"1", down("x")}}).body,
        R"({"status":"error","info":{"a":{"status":"up"}},"error":{"1":{"message":"x","status":"down"}},)"
        R"("details":{"1":{"message":"x","status":"down"},"a":{"status":"up"}}})");
}

TEST(Document, only_canonical_integers_below_two_to_the_32_minus_1_are_integers) {
    const auto page = rendered(
        {{"01", up()}, {"4294967295", up()}, {"-1", up()}, {"+1", up()}, {"4294967294", up()}, {"0", up()}});
    const std::string info = page.body.substr(page.body.find("\"info\""),
                                              page.body.find("\"error\"") - page.body.find("\"info\""));
    EXPECT_EQ(info, R"("info":{"0":{"status":"up"},"4294967294":{"status":"up"},"01":{"status":"up"},)"
                    R"("4294967295":{"status":"up"},"-1":{"status":"up"},"+1":{"status":"up"}},)");
}

TEST(Document, keys_and_messages_are_escaped) {
    EXPECT_EQ(rendered({{"a\"b", down("line\nbreak")}}).body,
              R"({"status":"error","info":{},"error":{"a\"b":{"message":"line\nbreak","status":"down"}},)"
              R"("details":{"a\"b":{"message":"line\nbreak","status":"down"}}})");
}

TEST(EntryBody, has_the_keys_of_a_tcp_check) {
    EXPECT_EQ(entry_body(up(1ms), Status::up), R"({"responseTime":1,"status":"up"})");
    EXPECT_EQ(entry_body(down("connect ECONNREFUSED 127.0.0.1:3000", 0ms), Status::down),
              R"({"message":"connect ECONNREFUSED 127.0.0.1:3000","responseTime":0,"status":"down"})");
}

TEST(EntryBody, an_unchecked_check_is_down) {
    EXPECT_EQ(entry_body(down("not checked yet"), Status::unchecked),
              R"({"message":"not checked yet","status":"down"})");
}

TEST(EntryBody, response_times_are_rounded_to_whole_milliseconds) {
    EXPECT_EQ(entry_body(up(499us), Status::up), R"({"responseTime":0,"status":"up"})");
    EXPECT_EQ(entry_body(up(500us), Status::up), R"({"responseTime":1,"status":"up"})");
    EXPECT_EQ(entry_body(up(1499us), Status::up), R"({"responseTime":1,"status":"up"})");
}

}  // namespace
}  // namespace outrigger::health
