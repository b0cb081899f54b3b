// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/curl_calls.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <outrigger/logging/context.hpp>

#include "client_case.hpp"
#include "curl_handle.hpp"

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using namespace resilience;
using End = Answer::End;

class CurlCallsTest : public ClientCase {
protected:
    std::optional<CurlCalls> calls{std::in_place};
};

TEST_F(CurlCallsTest, a_call_ends_in_its_future_with_metrics_and_a_line) {
    const ScriptedOrigin origin{
        [](std::size_t n) { return Answer{n == 1 ? reply("503 Busy") : reply("200 OK", "seven")}; }};
    const CurlHandle handle{origin.url()};
    std::future<Result<CurlReply>> future;
    {
        const logging::TraceContext context{{.trace = "4bf92f3577b34da6a3ce929d0e0e4736"}};   // of who starts the call
        future = calls->start(users, handle.get(), {.call = {.telemetry = &telemetry}, .headers = nullptr});
    }
    const auto reply = future.get();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "seven");
    EXPECT_EQ(retries("503"), 1);
    EXPECT_NE(origin.requests()[1].find("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"), std::string::npos);
    EXPECT_EQ(count_of(R"("dataset":"outrigger.calls")", kept->take()), 1U);
    EXPECT_EQ(calls->under_way(), 0U);
}

TEST_F(CurlCallsTest, while_one_waits_the_others_go_on) {
    const ScriptedOrigin asks{[](std::size_t n) {
        return Answer{n == 1 ? reply("503 Busy", "", "Retry-After: 50\r\n") : reply("200 OK")};
    }};
    const ScriptedOrigin silent{{"", End::stall}};
    const ScriptedOrigin good{{reply("200 OK")}};
    const CurlHandle waits{asks.url()};
    const CurlHandle hangs{silent.url()};
    auto patient = pipeline("patient", Timeout{.limit = 60s}, Retry{});
    auto pausing = calls->start(patient, waits.get());
    auto hanging = calls->start(patient, hangs.get());
    while (asks.requests().empty() || silent.requests().empty()) std::this_thread::yield();
    std::deque<CurlHandle> handles;
    std::vector<std::future<Result<CurlReply>>> replies;
    for (int i = 0; i < 20; ++i) {
        handles.emplace_back(good.url());
        replies.push_back(calls->start(users, handles.back().get()));
    }
    for (auto& one : replies) EXPECT_TRUE(one.get());
    EXPECT_EQ(hanging.wait_for(0s), std::future_status::timeout);
    EXPECT_EQ(pausing.wait_for(0s), std::future_status::timeout);
    calls.reset();
    EXPECT_EQ(hanging.get().error().reason, Reason::caller_left);
    EXPECT_EQ(pausing.get().error().reason, Reason::caller_left);
}

TEST_F(CurlCallsTest, a_caller_may_give_up_in_an_attempt_or_a_pause_or_a_queue) {
    const ScriptedOrigin silent{{"", End::stall}};
    const ScriptedOrigin asks{{reply("503 Busy", "", "Retry-After: 50\r\n")}};
    const CurlHandle hangs{silent.url()};
    const CurlHandle waits{asks.url()};
    const CurlHandle queues{silent.url()};
    auto patient = pipeline("patient", Timeout{.limit = 60s}, Retry{});
    auto narrow = pipeline("narrow", Timeout{.limit = 60s}, Bulkhead{.concurrent = 1, .queue = 1, .wait = 60s});
    std::stop_source source;
    const CurlCallOptions options{.call = {.stop = source.get_token()}};
    auto hanging = calls->start(narrow, hangs.get(), options);
    auto queueing = calls->start(narrow, queues.get(), options);
    auto pausing = calls->start(patient, waits.get(), options);
    while (asks.requests().empty() || silent.requests().empty()) std::this_thread::yield();
    const Instant began = clock.now();
    source.request_stop();
    for (auto* one : {&hanging, &queueing, &pausing}) EXPECT_EQ(one->get().error().reason, Reason::caller_left);
    EXPECT_LT(clock.now() - began, 30s);
    EXPECT_EQ(silent.requests().size(), 1U);
}

TEST_F(CurlCallsTest, a_handle_that_is_in_another_call_is_refused_and_left_alone) {
    std::atomic<bool> goes_on{false};
    const ScriptedOrigin origin{[&](std::size_t) {
        goes_on.wait(false);
        return Answer{reply("200 OK", "seven")};
    }};
    const CurlHandle handle{origin.url()};
    auto first = calls->start(users, handle.get());
    auto second = calls->start(users, handle.get());
    EXPECT_EQ(second.get().error().reason, Reason::bad_request);
    goes_on = true;
    goes_on.notify_all();
    EXPECT_EQ(first.get()->body, "seven");
}

TEST_F(CurlCallsTest, a_deadline_ends_a_call) {
    const ScriptedOrigin drips{{"HTTP/1.1 200 OK\r\n\r\n" + std::string(1 << 14, 'x'), End::close, true}};
    const CurlHandle handle{drips.url()};
    const Instant began = clock.now();
    const auto reply = calls->start(users, handle.get(), {.call = {.deadline = began + 100ms}}).get();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::deadline_expired);
    EXPECT_LT(clock.now() - began, 5s);
}

TEST_F(CurlCallsTest, a_post_is_never_sent_twice) {
    const ScriptedOrigin origin{{"", End::reset}};
    CurlHandle handle{origin.url()};
    handle.posts("body");
    EXPECT_FALSE(calls->start(users, handle.get()).get());
    EXPECT_EQ(origin.requests().size(), 1U);
}

TEST_F(CurlCallsTest, more_than_there_may_be_are_refused_and_counted) {
    calls.emplace(CurlCallsSettings{.calls_max = 1});
    const ScriptedOrigin silent{{"", End::stall}};
    const CurlHandle first{silent.url()};
    const CurlHandle second{silent.url()};
    auto hanging = calls->start(users, first.get());
    const auto refused = calls->start(users, second.get(), {.call = {.telemetry = &telemetry}}).get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, Reason::concurrency_limited);
    EXPECT_NE(kept->take().find(R"("reason":"concurrency_limited")"), std::string::npos);
    calls.reset();
    EXPECT_EQ(hanging.get().error().reason, Reason::caller_left);
}

TEST_F(CurlCallsTest, its_end_cancels_what_is_under_way_in_an_attempt_or_a_pause) {
    const ScriptedOrigin silent{{"", End::stall}};
    const ScriptedOrigin asks{{reply("503 Busy", "", "Retry-After: 5\r\n")}};
    const CurlHandle one{silent.url()};
    const CurlHandle other{asks.url()};
    std::atomic<int> ended{0};
    const auto done = [&](const Result<CurlReply>& reply) {
        EXPECT_EQ(reply.error().reason, Reason::caller_left);
        ++ended;
    };
    ASSERT_TRUE(calls->start(users, one.get(), {}, done));
    ASSERT_TRUE(calls->start(users, other.get(), {}, done));
    while (silent.requests().empty() || asks.requests().empty()) std::this_thread::yield();
    const Instant began = clock.now();
    calls.reset();
    EXPECT_EQ(ended, 2);
    EXPECT_LT(clock.now() - began, 4s);
}

TEST_F(CurlCallsTest, one_that_has_ended_may_start_the_next_until_the_end) {
    const ScriptedOrigin good{{reply("200 OK")}};
    const CurlHandle handle{good.url()};
    std::promise<void> third;
    int count = 0;
    std::function<void(Result<CurlReply>)> next = [&](const Result<CurlReply>&) {
        if (++count == 3) return third.set_value();
        EXPECT_TRUE(calls->start(users, handle.get(), {}, next));
    };
    ASSERT_TRUE(calls->start(users, handle.get(), {}, next));
    third.get_future().get();
    calls.reset();   // the hidden thread is done with the promise
    EXPECT_EQ(good.requests().size(), 3U);
}

TEST_F(CurlCallsTest, many_threads_may_start_calls) {
    const ScriptedOrigin good{{reply("200 OK")}};
    std::vector<std::thread> threads;
    std::atomic<int> good_ones{0};
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 10; ++i) {
                const CurlHandle handle{good.url()};
                if (calls->start(users, handle.get(), {.call = {.telemetry = &telemetry}}).get()) ++good_ones;
            }
        });
    for (std::thread& one : threads) one.join();
    EXPECT_EQ(good_ones, 30);
    EXPECT_EQ(good.requests().size(), 30U);
    EXPECT_EQ(attempts("success"), 30);
}

}   // namespace
}   // namespace outrigger::middleware
