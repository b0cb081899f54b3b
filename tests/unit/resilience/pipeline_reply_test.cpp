// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/configured_pipeline.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/core/manual_loop.hpp>
#include <outrigger/resilience/http_reply.hpp>

#include <memory>
#include <optional>
#include <string>

#include "recorder.hpp"

// Results that are values and failures all the same: replies.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

// Remembers the last retry.
struct Retries final : Observer {
    void on(const Event& event) noexcept override {
        if (const auto* scheduled = std::get_if<RetryScheduled>(&event)) last = *scheduled;
    }
    std::optional<RetryScheduled> last;
};

class PipelineReply : public ::testing::Test {
protected:
    ManualBlockingClock clock;
    Recorder told;
    Pipeline<Retry, Breaker> calls{{.name = "calls", .clock = &clock, .observer = &told}, Retry{}, Breaker{}};
};

TEST_F(PipelineReply, a_reply_means_what_the_function_says_and_the_last_one_passes_through) {
    const auto reply = calls.run([](Call& call) {
        call.attempt_means(assess_status(503), 503);
        return 503;
    });
    EXPECT_EQ(*reply, 503);
    EXPECT_EQ(told.take(), "attempt 1 failure, retry 2, attempt 2 failure, retry 3, attempt 3 failure, "
                           "abandoned after 3 attempts_spent, ended after 3");
}

TEST_F(PipelineReply, what_was_said_of_one_attempt_is_forgotten_with_the_next) {
    const auto reply = calls.run([](Call& call) {
        if (call.attempt() == 1) call.attempt_means(assess_status(503), 503);
        return call.attempt();
    });
    EXPECT_EQ(*reply, 2U);
    EXPECT_EQ(told.take(), "attempt 1 failure, retry 2, attempt 2 success, ended after 2");
}

TEST_F(PipelineReply, a_retry_says_what_the_attempt_before_ended_with) {
    Retries retries;
    calls.observe(&retries);
    (void)calls.run([](Call& call) -> Result<int> {
        if (call.attempt() == 1) return Fault{Reason::upstream_reset};
        return 1;
    });
    EXPECT_EQ(retries.last->because, Reason::upstream_reset);
    EXPECT_EQ(retries.last->status, 0);
    (void)calls.run([](Call& call) {
        if (call.attempt() == 1) call.attempt_means(assess_status(502), 502);
        return 1;
    });
    EXPECT_EQ(retries.last->because, std::nullopt);
    EXPECT_EQ(retries.last->status, 502);
}

TEST_F(PipelineReply, a_fault_means_what_the_function_says_too) {
    const auto reply = calls.run([](Call& call) -> Result<int> {
        call.attempt_means({Verdict::failure, Retryable::no});
        return Fault{Reason::upstream_reset, "in the middle of the body"};
    });
    EXPECT_EQ(reply.error().reason, Reason::upstream_reset);
    EXPECT_EQ(told.take(), "attempt 1 failure upstream_reset, ended after 1 upstream_reset");
}

TEST_F(PipelineReply, it_may_turn_out_that_a_call_cannot_be_made_twice) {
    const auto reply = calls.run([](Call& call) {
        call.not_idempotent();
        call.attempt_means(assess_status(503), 503);
        return 503;
    });
    EXPECT_EQ(*reply, 503);
    EXPECT_EQ(told.take(), "attempt 1 failure, abandoned after 1 not_safe, ended after 1");
}

TEST_F(PipelineReply, what_an_attempts_timeout_cut_means_what_the_function_says) {
    auto timed = pipeline({.name = "timed", .clock = &clock, .observer = &told}, Retry{.per_try_timeout = 100ms});
    const auto reply = timed.run([&](Call& call) -> Result<int> {
        clock.advance(100ms);
        call.attempt_means({Verdict::failure, Retryable::no});   // the head had come
        return Fault{Reason::call_failed};
    });
    EXPECT_EQ(reply.error().reason, Reason::attempt_timeout);
    EXPECT_EQ(told.take(), "attempt 1 failure attempt_timeout, ended after 1 attempt_timeout");
}

TEST_F(PipelineReply, coroutines_say_the_same) {
    ManualLoop loop;
    Child<Result<int>> child;
    child.start(calls.run(loop.scheduler(), [](Call& call) -> Task<int> {
        call.attempt_means(assess_status(503), 503);
        co_return 503;
    }));
    loop.advance(10s);
    EXPECT_EQ(*child.take(), 503);
    EXPECT_EQ(told.take(), "attempt 1 failure, retry 2, attempt 2 failure, retry 3, attempt 3 failure, "
                           "abandoned after 3 attempts_spent, ended after 3");
}

// Writes down its end, and whether the circuit was still there.
struct Attached final : Observer {
    Attached(std::string& text, CircuitBreaker& breaker) : words{text}, circuit{breaker} {}
    ~Attached() { words += " ended while " + std::string{to_string(circuit.state())}; }
    void on(const Event& event) noexcept override {
        if (std::holds_alternative<CallEnded>(event)) words += "call";
    }
    std::string& words;
    CircuitBreaker& circuit;
};

TEST(PipelineObserver, that_it_keeps_lives_until_the_pipeline_ends_and_goes_before_its_policies) {
    std::string words;
    Recorder given;
    {
        ConfiguredPipeline calls{{.name = "calls", .observer = &given}, {Breaker{}}};
        calls.observe(std::make_shared<Attached>(words, *calls.policy<Breaker>()));
        EXPECT_EQ(calls.observer(), &given);   // which it may pass events on to
        (void)calls.run([](Call&) { return 1; });
        EXPECT_EQ(given.take(), "");
        EXPECT_EQ(words, "call");
        calls.observe(&given);
        (void)calls.run([](Call&) { return 1; });
        EXPECT_EQ(given.take(), "attempt 1 success, ended after 1");
        EXPECT_EQ(words, "call");
    }
    EXPECT_EQ(words, "call ended while closed");
}

}   // namespace
}   // namespace outrigger::resilience
