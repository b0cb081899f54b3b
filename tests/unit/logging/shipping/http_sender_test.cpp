// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/http_sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "logging/shipping/logstash_http.hpp"
#include "tests/unit/logging/shipping/loopback_server.hpp"

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = Outcome::Kind;

// One that answers each record, as _bulk does, but simply.
class EachRecord final : public HttpDialect {
public:
    std::string target(const Destination&) const override { return "/each"; }
    std::string_view content_type() const noexcept override { return "text/plain"; }
    void write(const Parcel& parcel, std::string& body) const override { body = parcel.lines; }
    Outcome judge(long, std::string_view, Parcel parcel) const override {
        return {.kind = Kind::delivered, .parcel = std::move(parcel)};
    }
    bool answers_each_record() const noexcept override { return true; }
};

class HttpSenderTest : public ::testing::Test {
protected:
    Outcome send(const Destination::Host& host, HttpSettings settings = {.timeout = 10s, .gzip = false},
                 Destination to = {}, std::unique_ptr<HttpDialect> dialect = std::make_unique<LogstashHttp>()) {
        HttpSender sender{transfers, to, host, settings, std::move(dialect)};
        sender.send({.batch = 1, .records = 2, .lines = "{\"a\":1}\n{\"a\":2}\n"}, SystemClock{}.now());
        EXPECT_FALSE(sender.ready());
        auto ended = turn(transfers, sender, 1);
        EXPECT_EQ(ended.size(), 1U);
        EXPECT_TRUE(sender.ready());
        return ended.empty() ? Outcome{} : std::move(ended[0]);
    }
    Outcome answered(const std::string& answer) {
        const HttpPeer peer{{answer}};
        return send(peer.host());
    }

    Transfers transfers;
};

TEST_F(HttpSenderTest, posts_with_a_length_and_without_waiting_for_100_continue) {
    const HttpPeer peer{{reply("200 OK")}};
    const Outcome outcome = send(peer.host(), {.timeout = 10s, .gzip = false}, {.path = "/in?x=1"});
    EXPECT_EQ(outcome.kind, Kind::delivered);
    ASSERT_EQ(peer.requests().size(), 1U);
    const std::string request = peer.requests()[0];
    EXPECT_TRUE(request.starts_with("POST /in?x=1 HTTP/1.1\r\n")) << request;
    EXPECT_TRUE(request.ends_with("\r\n\r\n[{\"a\":1},{\"a\":2}]")) << request;
    EXPECT_THAT(request, HasSubstr("Content-Length: 17\r\n"));
    EXPECT_THAT(request, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(request, Not(HasSubstr("Expect")));
    EXPECT_THAT(request, Not(HasSubstr("Authorization")));
}

TEST_F(HttpSenderTest, keeps_its_connection) {
    const HttpPeer peer{{reply("200 OK"), reply("204 No Content", ""), ""}};
    HttpSender sender{transfers, {}, peer.host(), {.timeout = 10s}, std::make_unique<LogstashHttp>()};
    for (int i = 0; i < 2; ++i) {
        sender.send({.batch = i, .records = 1, .lines = "{}\n"}, SystemClock{}.now());
        const auto ended = turn(transfers, sender, 1);
        ASSERT_EQ(ended.size(), 1U);
        EXPECT_EQ(ended[0].kind, Kind::delivered) << ended[0].detail;
    }
    EXPECT_EQ(peer.requests().size(), 2U);
    EXPECT_THAT(peer.requests()[0], HasSubstr("Content-Encoding: gzip\r\n"));
}

TEST_F(HttpSenderTest, knows_what_statuses_mean) {
    EXPECT_EQ(answered(reply("503 Busy")).kind, Kind::again);
    EXPECT_FALSE(answered(reply("503 Busy")).busy);
    EXPECT_TRUE(answered(reply("429 Slowly")).busy);
    for (const char* status : {"500 Oops", "502 Gone", "503 Busy", "504 Late"})
        EXPECT_TRUE(answered(reply(status)).answered) << status;
    EXPECT_FALSE(answered(reply("429 Slowly")).answered);
    EXPECT_EQ(answered(reply("413 Large")).kind, Kind::too_large);
    EXPECT_EQ(answered(reply("400 Bad")).kind, Kind::refused);
    for (const char* status : {"401 Who", "403 No", "404 Where", "301 Moved"})
        EXPECT_EQ(answered(reply(status)).kind, Kind::forbidden) << status;
    const Outcome outcome = answered(reply("400 Bad", "line\nbreak" + std::string(10'000, 'x')));
    EXPECT_TRUE(outcome.detail.starts_with("HTTP 400: line break")) << outcome.detail;
    EXPECT_LT(outcome.detail.size(), 500U);
    EXPECT_EQ(outcome.parcel.lines, "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(HttpSenderTest, passes_on_how_long_a_receiver_wants_to_be_left_alone) {
    EXPECT_EQ(answered(reply("429 Slowly", "", "Retry-After: 7\r\n")).retry_after, 7s);
    EXPECT_EQ(answered(reply("503 Busy", "", "Retry-After: 999999\r\n")).retry_after, 1h);
    EXPECT_EQ(answered(reply("503 Busy")).retry_after, std::nullopt);
}

TEST_F(HttpSenderTest, what_is_no_answer_is_tried_again) {
    EXPECT_EQ(answered("").kind, Kind::again);
    EXPECT_EQ(answered("\x16\x03 hello\r\n\r\n").kind, Kind::again);
    EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").kind, Kind::again);
    const Outcome outcome = send(dead_host());
    EXPECT_EQ(outcome.kind, Kind::again);
    EXPECT_NE(outcome.detail, "");
    EXPECT_FALSE(outcome.answered);
}

TEST_F(HttpSenderTest, a_parcel_is_too_large_although_the_connection_breaks_behind_the_status) {
    EXPECT_EQ(answered("HTTP/1.1 413 Large\r\nContent-Length: 100\r\n\r\nhalf").kind, Kind::too_large);
}

TEST_F(HttpSenderTest, a_receiver_that_hangs_is_given_up) {
    const LoopbackServer silent;
    const Outcome outcome = send(silent.host(), {.timeout = 100ms});
    EXPECT_EQ(outcome.kind, Kind::again);
    EXPECT_EQ(outcome.detail, "no answer in time");
    EXPECT_TRUE(outcome.answered) << "it has taken all of it";
}

TEST_F(HttpSenderTest, an_answer_without_end_is_not_kept_and_means_smaller_parcels_where_that_helps) {
    const HttpPeer peer{{reply("200 OK", std::string(100'000, 'x')), reply("200 OK", std::string(100'000, 'x'))}};
    const HttpSettings settings{.timeout = 10s, .answer_max = 10'000};
    EXPECT_EQ(send(peer.host(), settings).kind, Kind::again);
    EXPECT_EQ(send(peer.host(), settings, {}, std::make_unique<EachRecord>()).kind, Kind::too_large);
}

TEST_F(HttpSenderTest, says_who_it_is) {
    const HttpPeer peer{{reply("200 OK"), reply("200 OK"), reply("200 OK")}};
    send(peer.host(), {}, {.protocol = Protocol::logstash_http, .user = "u", .password = "p"});
    EXPECT_THAT(peer.requests().back(), HasSubstr("Authorization: Basic dTpw\r\n"));
    send(peer.host(), {}, {.protocol = Protocol::elasticsearch, .user = "api_key", .password = "a2V5"});
    EXPECT_THAT(peer.requests().back(), HasSubstr("Authorization: ApiKey a2V5\r\n"));
    send(peer.host(), {}, {.protocol = Protocol::elasticsearch, .user = "elastic", .password = "p"});
    EXPECT_THAT(peer.requests().back(), HasSubstr("Authorization: Basic "));
}

}   // namespace
}   // namespace outrigger::logging
