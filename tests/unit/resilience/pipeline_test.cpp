// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/configured_pipeline.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/core/manual_loop.hpp>

#include <memory>
#include <stdexcept>
#include <string>

#include "recorder.hpp"

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Fault reset{Reason::upstream_reset, "gone"};

TEST(Pipeline, gives_what_the_function_gives) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "calls", .clock = &clock}, Timeout{.limit = 2s}, Retry{}, Breaker{});
    EXPECT_EQ(*calls.run([](Call&) { return 1; }), 1);
    EXPECT_EQ(*calls.run([](Call&) -> Result<std::string> { return std::string{"text"}; }), "text");
    EXPECT_EQ(**calls.run([](Call&) { return std::make_unique<int>(5); }), 5);
    EXPECT_TRUE(calls.run([](Call&) {}));
    EXPECT_TRUE(calls.run([](Call&) -> Result<void> { return {}; }));
    EXPECT_EQ(calls.run([](Call&) -> Result<int> { return Fault{Reason::bad_request}; }).error().reason,
              Reason::bad_request);
}

TEST(Pipeline, without_a_policy_only_calls) {
    ManualBlockingClock clock;
    auto bare = pipeline({.name = "bare", .clock = &clock});
    EXPECT_EQ(*bare.run([](Call& call) { return call.attempt(); }), 1U);
    EXPECT_EQ(bare.run([](Call&) -> Result<int> { return reset; }).error(), reset);
}

TEST(Pipeline, hands_the_callers_own_stop_token_and_the_earliest_deadline_to_the_function) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "calls", .clock = &clock}, Timeout{.limit = 2s},
                          Retry{.per_try_timeout = 600ms});
    std::stop_source source;
    const Instant now = clock.now();
    const auto seen = [&](const CallOptions& options) {
        return *calls.run(
            [&](Call& call) {
                EXPECT_EQ(call.stop_token(), options.stop);
                EXPECT_EQ(call.idempotent(), options.idempotent);
                EXPECT_EQ(call.wait().deadline, call.deadline());
                return call.deadline();
            },
            options);
    };
    EXPECT_EQ(seen({.stop = source.get_token()}), now + 600ms);
    EXPECT_EQ(seen({.deadline = now + 100ms, .idempotent = false}), now + 100ms);
}

TEST(Pipeline, an_exception_is_a_failure_that_is_retried_and_leaves_only_if_it_was_the_last) {
    ManualBlockingClock clock;
    Recorder recorder;
    auto calls = pipeline({.name = "calls", .clock = &clock, .observer = &recorder}, Retry{.attempts = 2}, Breaker{});
    const auto throws_until = [&](std::uint32_t attempt) {
        return calls.run([attempt](Call& call) {
            if (call.attempt() < attempt) throw std::runtime_error{"lost the connection"};
            return 1;
        });
    };
    EXPECT_EQ(*throws_until(2), 1);
    EXPECT_EQ(recorder.take(), "attempt 1 failure call_failed, retry 2 for call_failed, attempt 2 success, ended after 2");
    EXPECT_THROW((void)throws_until(3), std::runtime_error);
    EXPECT_EQ(recorder.take(), "attempt 1 failure call_failed, retry 2 for call_failed, attempt 2 failure call_failed, "
                               "abandoned after 2 attempts_spent, ended after 2 call_failed");
    EXPECT_EQ(calls.policy<Breaker>().report(clock.now()).calls, (Tally{4, 3, 0}));
}

TEST(Pipeline, a_fallback_takes_the_place_of_an_exception_too) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "calls", .clock = &clock}, Fallback{[](const Fault&) { return -1; }});
    EXPECT_EQ(*calls.run([](Call&) -> int { throw std::runtime_error{"no"}; }), -1);
    EXPECT_EQ(*calls.run([](Call&) { return 3; }), 3);
}

TEST(Pipeline, an_exception_of_an_earlier_attempt_is_forgotten) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "calls", .clock = &clock}, Retry{.attempts = 2});
    const auto result = calls.run([](Call& call) -> Result<int> {
        if (call.attempt() == 1) throw std::runtime_error{"first"};
        return Fault{Reason::call_failed, "second"};
    });
    EXPECT_EQ(result.error().detail, "second");
}

TEST(Pipeline, a_refusal_of_its_own_says_nothing_of_the_callee) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "calls", .clock = &clock}, Breaker{.consecutive = 1},
                          RateLimit{.rate = 1_per_second, .burst = 1});
    EXPECT_TRUE(calls.run([](Call&) {}));
    EXPECT_EQ(calls.run([](Call&) {}).error().reason, Reason::rate_limited);
    EXPECT_EQ(calls.policy<Breaker>().report(clock.now()).calls, (Tally{1, 0, 0}));
    EXPECT_EQ(calls.policy<Breaker>().state(), CircuitState::closed);
}

TEST(Pipeline, says_what_a_result_means_where_faults_do_not) {
    ManualBlockingClock clock;
    struct Reply {
        int status;
    };
    Recorder recorder;
    auto calls = pipeline({.name = "calls", .clock = &clock, .observer = &recorder}, Retry{.attempts = 2}, Breaker{},
                          Classify{[](const Result<Reply>& reply) {
                              if (!reply) return assess(reply.error());
                              return reply->status >= 500 ? Assessment{Verdict::failure, Retryable::if_safe} : Assessment{};
                          }});
    int made = 0;
    const auto busy = [&](Call&) { return ++made, Reply{503}; };
    EXPECT_EQ(calls.run(busy)->status, 503) << "the last reply passes unchanged";
    EXPECT_EQ(made, 2);
    EXPECT_TRUE(recorder.take().starts_with("attempt 1 failure, retry 2, attempt 2 failure")) << "no fault, no reason";
    EXPECT_EQ(calls.run(busy, {.idempotent = false})->status, 503);
    EXPECT_EQ(made, 3);
    EXPECT_EQ(calls.policy<Breaker>().report(clock.now()).calls.failures, 3U);
}

TEST(Pipeline, nonsense_settings_are_refused_with_a_sentence_when_it_is_made) {
    const auto refusal = [](auto policy) -> std::string {
        try {
            (void)pipeline("p", policy);
        } catch (const std::invalid_argument& refused) {
            return refused.what();
        }
        return "accepted";
    };
    EXPECT_EQ(refusal(Breaker{.failure_rate = 1.5}), "failure_rate: found 150%, expected a ratio from 1% to 100%");
    EXPECT_EQ(refusal(Breaker{.window = 0s}), "window: found 0s, expected a duration from 1s to 1h");
    EXPECT_NE(refusal(Breaker{.failure_rate = std::numeric_limits<double>::quiet_NaN()}), "accepted");
    EXPECT_NE(refusal(Timeout{.limit = -1s}), "accepted");
    EXPECT_NE(refusal(Retry{.attempts = 0}), "accepted");
    EXPECT_NE(refusal(Bulkhead{.concurrent = 0}), "accepted");
    EXPECT_NE(refusal(RateLimit{.rate = Rate::per_second(0.0)}), "accepted");
    EXPECT_THROW((ConfiguredPipeline{{.name = "p"}, {Timeout{}, Timeout{.limit = 0s}}}), std::invalid_argument);
}

TEST(Pipeline, what_never_reached_the_callee_is_no_matter_of_opinion) {
    ManualBlockingClock clock;
    Recorder recorder;
    const auto all_bad = Classify{[](const Result<int>& r) {
        return r ? Assessment{} : Assessment{Verdict::failure, Retryable::if_safe};
    }};
    auto calls = pipeline({.name = "calls", .clock = &clock, .observer = &recorder}, Retry{}, Breaker{.consecutive = 1}, all_bad);
    std::stop_source caller;
    const auto leaves = [&](Call&) -> Result<int> { return caller.request_stop(), Fault{Reason::upstream_reset}; };
    EXPECT_EQ(calls.run(leaves, {.stop = caller.get_token()}).error().reason, Reason::caller_left);
    EXPECT_EQ(recorder.take(), "attempt 1 neutral caller_left, ended after 1 caller_left");
    EXPECT_EQ(calls.policy<Breaker>().state(), CircuitState::closed);
    auto limited = pipeline({.name = "limited", .clock = &clock, .observer = &recorder}, Retry{}, all_bad,
                            RateLimit{.rate = 1_per_second, .burst = 1});
    EXPECT_TRUE(limited.run([](Call&) { return 1; }));
    (void)recorder.take();
    EXPECT_EQ(limited.run([](Call&) { return 1; }).error().reason, Reason::rate_limited);
    EXPECT_EQ(recorder.take(), "refused rate_limited, ended after 0 rate_limited");
}

TEST(Pipeline, tells_the_verdict_that_the_policies_go_by) {
    ManualBlockingClock clock;
    Recorder recorder;
    auto calls = pipeline({.name = "calls", .clock = &clock, .observer = &recorder}, Breaker{},
                          Classify{[](const Result<int>& r) {
                              return *r >= 500 ? Assessment{Verdict::failure, Retryable::no} : Assessment{};
                          }});
    (void)calls.run([](Call&) { return 503; });
    EXPECT_EQ(recorder.take(), "attempt 1 failure, ended after 1");
}

TEST(Pipeline, a_call_that_is_over_before_it_began_costs_neither_token_nor_probe) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "calls", .clock = &clock}, RateLimit{.rate = 1_per_second, .burst = 1}, Retry{},
                          Breaker{.consecutive = 1, .open_for = 1s, .jitter = 0_percent, .probes = 1});
    const auto fails = [](Call&) -> Result<int> { return Fault{Reason::upstream_protocol_error}; };
    (void)calls.run(fails, {.idempotent = false});
    clock.advance(2s);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(calls.run(fails, {.deadline = clock.now()}).error().reason, Reason::deadline_expired);
    EXPECT_EQ(calls.policy<Breaker>().state(), CircuitState::open) << "nobody probed";
    EXPECT_TRUE(calls.run([](Call&) { return 1; })) << "the token and the probe are still there";
}

TEST(Pipeline, a_timeout_that_the_function_tells_before_its_deadline_is_the_callees_failure) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "calls", .clock = &clock}, Timeout{.limit = 5s}, Retry{.attempts = 3}, Breaker{});
    for (const Reason said : {Reason::timeout, Reason::deadline_expired}) {
        int made = 0;
        (void)calls.run([&](Call&) -> Result<int> { return ++made, Fault{said}; });
        EXPECT_EQ(made, 3) << to_string(said);
    }
    EXPECT_EQ(calls.policy<Breaker>().report(clock.now()).calls.failures, 6U);
}

TEST(Pipeline, exceptions_of_a_classifier_and_of_a_fallback_leave_no_call_uncounted) {
    ManualBlockingClock clock;
    Recorder recorder;
    auto judged = pipeline({.name = "judged", .clock = &clock, .observer = &recorder}, Breaker{},
                           Classify{[](const Result<int>&) -> Assessment { throw std::logic_error{"judge"}; }});
    EXPECT_THROW((void)judged.run([](Call&) -> Result<int> { return reset; }), std::logic_error);
    EXPECT_EQ(recorder.take(), "attempt 1 failure upstream_reset, ended after 1 call_failed");
    EXPECT_EQ(judged.policy<Breaker>().report(clock.now()).calls, (Tally{1, 1, 0}));
    auto cached = pipeline({.name = "cached", .clock = &clock}, Fallback{[](const Fault&) -> Result<int> {
                               return Fault{Reason::call_failed, "the cache is cold"};
                           }});
    EXPECT_EQ(cached.run([](Call&) -> int { throw std::runtime_error{"db"}; }).error().detail, "the cache is cold")
        << "a fallback that answers with a failure of its own answers";
}

// A value that can only be copied, and may throw then.
struct Fragile {
    Fragile() = default;
    Fragile(const Fragile& other) : copies{other.copies + 1} {
        if (copies > 1) throw std::bad_alloc{};
    }
    int copies = 0;
};
TEST(Pipeline, a_value_whose_copying_throws_is_an_exception_and_not_the_end) {
    auto calls = pipeline("calls", Breaker{});
    EXPECT_THROW((void)calls.run([](Call&) { return Fragile{}; }), std::bad_alloc);
}

TEST(Pipeline, counts_the_attempts_of_nested_retries_on) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "calls", .clock = &clock}, Retry{.attempts = 2}, Retry{.attempts = 2});
    std::string seen;
    (void)calls.run([&](Call& call) -> Result<int> { return seen += std::to_string(call.attempt()), reset; });
    EXPECT_EQ(seen, "1234");
}

TEST(Pipeline, a_function_may_return_a_reference_whose_value_is_given) {
    const std::string name = "Ada";
    auto calls = pipeline({.name = "calls"}, Retry{});
    EXPECT_EQ(*calls.run([&](Call&) -> const std::string& { return name; }), "Ada");
}

// ---- On an event loop

Task<Result<int>> third_time(Call& call) {
    if (call.attempt() < 3) co_return reset;
    co_return static_cast<int>(call.attempt());
}
struct Hang {
    Scheduler& scheduler;
    Task<Result<int>> operator()(Call& call) const {
        Pause pause{scheduler, 1h, call.wait()};
        const auto paused = co_await pause;
        if (!paused) co_return paused.error();
        co_return 1;
    }
};
template <class P, class Function>
Task<void> run_into(P& calls, Scheduler& scheduler, Function function, CallOptions options,
                    std::optional<Result<int>>& result) {
    result.emplace(co_await calls.run(scheduler, function, options));
}

class AsyncPipeline : public testing::Test {
protected:
    template <class P, class Function>
    void start(P& calls, Function function, CallOptions options = {}) {
        result.reset();
        tasks.spawn(run_into(calls, loop.scheduler(), function, options, result));
    }
    ~AsyncPipeline() override { loop.advance(2h); }

    ManualLoop loop;
    TaskGroup tasks;
    std::optional<Result<int>> result;
};

TEST_F(AsyncPipeline, retries_after_a_pause_and_gives_the_value) {
    auto calls = pipeline("calls", Timeout{.limit = 2s}, Retry{.backoff = Backoff::constant(100ms)}, Breaker{});
    start(calls, third_time);
    loop.advance(199ms);
    EXPECT_FALSE(result);
    loop.advance(1ms);
    ASSERT_TRUE(result);
    EXPECT_EQ(**result, 3);
}

TEST_F(AsyncPipeline, tells_its_own_timeout_the_attempts_the_callers_deadline_and_the_callers_cancel_apart) {
    auto calls = pipeline("calls", Timeout{.limit = 2s},
                          Retry{.attempts = 2, .per_try_timeout = 600ms, .backoff = Backoff::constant(100ms)}, Breaker{});
    const Hang hang{loop.scheduler()};
    const auto ended = [&](const CallOptions& options, Duration time) {
        start(calls, hang, options);
        loop.advance(time - 1ms);
        EXPECT_FALSE(result);
        loop.advance(1ms);
        return result && !*result ? result->error().reason : Reason::overloaded;
    };
    EXPECT_EQ(ended({}, 1300ms), Reason::attempt_timeout);
    EXPECT_EQ(ended({.deadline = loop.clock().now() + 300ms}, 300ms), Reason::deadline_expired);
    EXPECT_EQ(calls.policy<Breaker>().report(loop.clock().now()).calls, (Tally{2, 2, 0}))
        << "the caller's own deadline says nothing of the callee";
    auto brief = pipeline("brief", Timeout{.limit = 400ms}, Retry{.per_try_timeout = 600ms});
    start(brief, hang);
    loop.advance(400ms);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->error().reason, Reason::timeout);
    Cancel cancel;
    start(calls, hang, {.cancel = &cancel});
    loop.advance(10ms);
    cancel.cancel({Reason::caller_left, "closed"});
    loop.run();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->error(), (Fault{Reason::caller_left, "closed"}));
}

TEST_F(AsyncPipeline, a_cancel_ends_the_pause_and_gives_the_token_back) {
    auto calls = pipeline("calls", Retry{.backoff = Backoff::constant(10s), .budget = Budget{0_percent, 1_per_second}});
    const auto before = calls.policy<Retry>().budget()->available(loop.clock().now());
    Cancel cancel;
    start(calls, third_time, {.cancel = &cancel});
    loop.run();
    EXPECT_EQ(calls.policy<Retry>().budget()->available(loop.clock().now()), before - 1);
    cancel.cancel({Reason::caller_left, "closed"});
    loop.run();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->error().reason, Reason::caller_left);
    EXPECT_EQ(calls.policy<Retry>().budget()->available(loop.clock().now()), before);
}

TEST_F(AsyncPipeline, a_cancel_is_no_failure_of_the_callee_whatever_its_reason) {
    auto calls = pipeline("calls", Fallback{-7}, Retry{}, Breaker{.consecutive = 1});
    Cancel cancel;
    start(calls, Hang{loop.scheduler()}, {.cancel = &cancel});
    loop.advance(10ms);
    cancel.cancel({Reason::attempt_timeout, "lost the hedge"});
    loop.run();
    ASSERT_TRUE(result);
    ASSERT_FALSE(*result);
    EXPECT_EQ(result->error().detail, "lost the hedge");
    EXPECT_EQ(calls.policy<Breaker>().state(), CircuitState::closed);
}

TEST_F(AsyncPipeline, waits_for_a_slot_of_the_bulkhead) {
    ConfiguredPipeline calls{{.name = "calls"}, {Bulkhead{.concurrent = 1, .wait = 1s}}};
    const Hang hang{loop.scheduler()};
    Cancel cancel;
    std::optional<Result<int>> first;
    tasks.spawn(run_into(calls, loop.scheduler(), hang, {.cancel = &cancel}, first));
    start(calls, third_time);
    loop.advance(500ms);
    EXPECT_FALSE(result);
    cancel.cancel({Reason::caller_left, "closed"});
    loop.run();
    ASSERT_TRUE(result && first);
    EXPECT_EQ(result->error(), reset) << "it got its turn, and the function gave this";
}

Task<int> throws(Call&) {
    throw std::runtime_error{"no"};
    co_return 0;
}
template <class P>
Task<void> expect_throw(P& calls, Scheduler& scheduler, bool& thrown) {
    try {
        (void)co_await calls.run(scheduler, throws);
    } catch (const std::runtime_error&) {
        thrown = true;
    }
}

TEST_F(AsyncPipeline, an_exception_of_the_last_attempt_goes_on_to_who_awaits) {
    auto calls = pipeline("calls", Retry{}, Breaker{});
    bool thrown = false;
    tasks.spawn(expect_throw(calls, loop.scheduler(), thrown));
    loop.advance(10s);
    EXPECT_TRUE(thrown);
}

}  // namespace
}  // namespace outrigger::resilience
