// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/requests_page.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;

class RequestsPage : public ::testing::Test {
protected:
    void note(std::string_view id) {
        middleware::ExchangeEnded event;
        event.method = "GET";
        event.path = "/users/7";
        event.status = 502;
        event.reason = Reason::connect_failed;
        event.detail = "No connection could be made.";
        event.upstream = "users";
        event.request_id = id;
        event.duration = 700ms;
        proxy::Story story;
        story.attempts = 1;
        story.add({.endpoint = "10.0.0.5:80", .choice = {.by = upstream::Choice::By::turn, .known = 3, .ejected = 1}, .began = Instant{5ms}, .status = 503, .pause = 20ms});
        journal.note(event, story, {});
    }
    nlohmann::json page(std::string_view query) {
        return nlohmann::json::parse(requests_json(journal, query)).at("requests");
    }
    ingress::Journal journal{{.slow = 1s}};
};

TEST_F(RequestsPage, tells_of_each_exchange_in_a_sentence_and_in_particulars) {
    note("a");
    const nlohmann::json entry = page("").at(0);
    EXPECT_EQ(entry.at("explained"), "Answered 502 (connect_failed) after 1 attempt in 700 ms: 10.0.0.5:80 answered 503; "
                                     "No connection could be made.");
    EXPECT_EQ(entry.at("request_id"), "a");
    EXPECT_EQ(entry.at("upstream"), "users");
    EXPECT_EQ(entry.at("reason"), "connect_failed");
    EXPECT_DOUBLE_EQ(entry.at("took_seconds"), 0.7);
    const nlohmann::json& attempt = entry.at("attempts").at(0);
    EXPECT_EQ(attempt.at("endpoint"), "10.0.0.5:80");
    EXPECT_EQ(attempt.at("picked"), "round_robin: its turn; 1 of 3 ejected");
    EXPECT_EQ(attempt.at("status"), 503);
    EXPECT_DOUBLE_EQ(attempt.at("pause_seconds"), 0.02);
}

TEST_F(RequestsPage, finds_a_request_by_its_id) {
    note("a");
    note("b/c");
    EXPECT_EQ(page("").size(), 2u);
    ASSERT_EQ(page("id=b%2Fc").size(), 1u);
    EXPECT_EQ(page("id=b%2Fc").at(0).at("request_id"), "b/c");
    EXPECT_TRUE(page("id=nobody").empty());
}

TEST_F(RequestsPage, shows_no_more_than_it_is_asked_for) {
    for (int i = 0; i < 150; ++i) note("a");
    EXPECT_EQ(page("").size(), 100u);
    EXPECT_EQ(page("limit=7").size(), 7u);
    EXPECT_EQ(page("limit=1000").size(), 150u);
    EXPECT_EQ(page("limit=many").size(), 100u);
}

TEST_F(RequestsPage, shows_no_more_than_a_thousand_however_many_it_is_asked_for) {
    for (int i = 0; i < 1500; ++i) note("a");
    EXPECT_EQ(page("limit=4000000000").size(), 1000u);
}

}   // namespace
}   // namespace outrigger::admin
