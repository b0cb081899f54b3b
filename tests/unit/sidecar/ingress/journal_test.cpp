// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/journal.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <string>

namespace outrigger::ingress {
namespace {

using namespace std::chrono_literals;
using proxy::AttemptStory;
using proxy::Story;

const Instant start = Instant{1h};

middleware::ExchangeEnded call(int status, std::string_view id = "r1") {
    middleware::ExchangeEnded event;
    event.method = "GET";
    event.path = "/users/7?token=secret";
    event.status = status;
    event.request_id = id;
    event.upstream = "users";
    event.duration = 700ms;
    return event;
}

class JournalTest : public ::testing::Test {
protected:
    Journal journal{{.slow = 1s, .keep = 3}};
    proxy::UpstreamPolicies upstream{
        {.name = "users", .setting = "outbound.users", .budget = resilience::Budget{}}};
    proxy::CallPolicies policies = upstream.for_calls("outbound.users", resilience::Retry{}, false);
    Story story;

    JournalTest() { story.arrived = start; }
    void attempted(AttemptStory attempt) {
        attempt.began = start + 10ms;
        story.attempts = attempt.number;
        story.add(attempt);
    }
    const JournalEntry& only() {
        const Journal::Entries entries = journal.last(10);
        EXPECT_EQ(entries.size(), 1u);
        kept = entries.at(0);
        return *kept;
    }
    std::shared_ptr<const JournalEntry> kept;
};

TEST_F(JournalTest, a_quick_success_at_the_first_try_is_not_kept) {
    attempted({.status = 200});
    journal.note(call(200), story, policies);
    journal.note(call(404), story, policies);
    EXPECT_TRUE(journal.last(10).empty());
}

TEST_F(JournalTest, a_failure_is_told_in_one_sentence_with_every_attempt_and_why_there_was_no_other) {
    attempted({.number = 1, .endpoint = "10.0.0.5:80", .took = 600ms, .fault = {Reason::attempt_timeout}});
    attempted({.number = 2, .endpoint = "10.0.0.6:80", .fault = {Reason::connect_failed, "connect", ECONNREFUSED}});
    story.stop = resilience::Stop::budget_spent;
    middleware::ExchangeEnded event = call(502);
    event.reason = Reason::connect_failed;
    event.detail = "No connection could be made.";
    journal.note(event, story, policies);
    EXPECT_EQ(only().sentence,
              "Answered 502 (connect_failed) after 2 of 3 attempts in 700 ms: 10.0.0.5:80 timed out (600ms), "
              "10.0.0.6:80 refused the connection; the retry budget (20% of calls, at least 1/s) allowed no more.");
    EXPECT_EQ(only().attempts.size(), 2u);
    EXPECT_EQ(only().attempts[0].began, 10ms);
    EXPECT_EQ(only().attempts[1].reason, Reason::connect_failed);
}

TEST_F(JournalTest, a_timeout_is_told_with_the_setting_that_caused_it) {
    attempted({.endpoint = "10.0.0.5:80", .took = 700ms, .fault = {Reason::timeout}});
    story.stop = resilience::Stop::no_time;
    middleware::ExchangeEnded event = call(504);
    event.reason = Reason::timeout;
    event.detail = "No answer came in time: no reply within outbound.users.timeout (700ms).";
    journal.note(event, story, policies);
    EXPECT_EQ(only().sentence,
              "Answered 504 (timeout) after 1 of 3 attempts in 700 ms: 10.0.0.5:80 timed out (700ms); too little time was "
              "left for another attempt; No answer came in time: no reply within outbound.users.timeout (700ms).");
}

TEST_F(JournalTest, a_call_that_needed_another_attempt_is_kept_though_it_succeeded) {
    attempted({.number = 1, .endpoint = "10.0.0.5:80", .status = 503, .pause = 20ms});
    attempted({.number = 2, .endpoint = "10.0.0.6:80", .status = 200});
    journal.note(call(200), story, policies);
    EXPECT_EQ(only().sentence, "Answered 200 after 2 of 3 attempts in 700 ms: 10.0.0.5:80 answered 503, 10.0.0.6:80 answered 200.");
    EXPECT_FALSE(only().slow);
}

TEST_F(JournalTest, a_refusal_has_the_answer_s_own_words) {
    middleware::ExchangeEnded event = call(503);
    event.reason = Reason::circuit_open;
    event.detail = "The circuit breaker outbound.users.breaker is open: 31 of 50 failed.";
    event.duration = 1ms;
    journal.note(event, story, policies);
    EXPECT_EQ(only().sentence,
              "Answered 503 (circuit_open) in 1 ms: The circuit breaker outbound.users.breaker is open: 31 of 50 failed.");
}

TEST_F(JournalTest, a_slow_call_is_kept) {
    middleware::ExchangeEnded event = call(200);
    event.duration = 1260ms;
    attempted({.endpoint = "10.0.0.5:80", .took = 1200ms, .status = 200});
    journal.note(event, story, {});
    EXPECT_TRUE(only().slow);
    EXPECT_EQ(only().sentence, "Answered 200 after 1 attempt in 1.3 s: 10.0.0.5:80 answered 200.");
}

TEST_F(JournalTest, a_caller_who_left_is_said_to_have_left) {
    middleware::ExchangeEnded event = call(0);
    event.reason = Reason::caller_left;
    attempted({.endpoint = "10.0.0.5:80", .fault = {Reason::caller_left}});
    journal.note(event, story, policies);
    EXPECT_EQ(only().sentence,
              "The caller left after 1 of 3 attempts in 700 ms: 10.0.0.5:80 had not answered when the caller left.");
}

TEST_F(JournalTest, a_caller_who_stalled_is_named_and_not_the_endpoint) {
    middleware::ExchangeEnded event = call(408);
    event.reason = Reason::request_timeout;
    event.detail = "The request did not come in time: the caller sent no further byte.";
    attempted({.endpoint = "10.0.0.5:80", .fault = {Reason::request_timeout, "no further byte"}});
    story.stop = resilience::Stop::not_retryable;
    journal.note(event, story, policies);
    EXPECT_EQ(only().sentence,
              "Answered 408 (request_timeout) after 1 of 3 attempts in 700 ms: 10.0.0.5:80 had not got the whole request "
              "from the caller; another attempt would not have helped; The request did not come in time: the caller sent no "
              "further byte.");
}

TEST_F(JournalTest, a_call_that_was_told_to_slow_down_is_kept_and_the_app_s_own_429_is_not) {
    attempted({.endpoint = "10.0.0.5:80", .status = 429});
    story.stop = resilience::Stop::no_wish;
    middleware::ExchangeEnded inbound = call(429);
    inbound.upstream = {};
    journal.note(inbound, story, policies);
    EXPECT_TRUE(journal.last(10).empty());
    journal.note(call(429), story, policies);
    EXPECT_EQ(only().sentence,
              "Answered 429 after 1 of 3 attempts in 700 ms: 10.0.0.5:80 answered 429; the callee asked for a slower pace "
              "and did not say when to come back.");
}

TEST_F(JournalTest, no_secret_of_a_query_is_kept) {
    journal.note(call(500), story, policies);
    EXPECT_EQ(only().path, "/users/7");
}

TEST_F(JournalTest, it_keeps_the_last_so_many_and_finds_them_by_their_id) {
    for (const char* id : {"a", "b", "c", "a", "d"}) journal.note(call(500, id), story, policies);
    const Journal::Entries last = journal.last(10);
    ASSERT_EQ(last.size(), 3u);
    EXPECT_EQ(last[0]->request_id, "d");
    EXPECT_EQ(journal.last(1).size(), 1u);
    EXPECT_EQ(journal.of("a").size(), 1u);
    EXPECT_TRUE(journal.of("b").empty());
}

TEST_F(JournalTest, one_that_keeps_nothing_keeps_nothing) {
    Journal none{{.slow = 1s, .keep = 0}};
    none.note(call(500), story, policies);
    EXPECT_TRUE(none.last(10).empty());
}

}   // namespace
}   // namespace outrigger::ingress
