// SPDX-License-Identifier: Apache-2.0
// Whole pipelines through good and bad times, in manual time: what the caller gets, what the callee sees.
#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/resilience/configured_pipeline.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/unit/resilience/recorder.hpp"

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Fault reset{Reason::upstream_reset, "gone"};

// One who is called: takes its time, observes deadlines, and works or does not.
class Callee {
public:
    explicit Callee(ManualBlockingClock& clock) : clock_{clock} {}

    Result<int> operator()(Call& call) {
        ++called;
        const Instant end = after(clock_.now(), takes);
        clock_.advance(std::min(end, call.deadline()) - clock_.now());
        if (call.deadline() < end) return Fault{Reason::timeout, "the function saw its deadline"};
        if (works) return called;
        return reset;
    }
    bool works = true;
    Duration takes = 10ms;
    int called = 0;

private:
    ManualBlockingClock& clock_;
};

class PipelineScenario : public testing::Test {
protected:
    [[nodiscard]] PipelineOptions options(std::uint64_t seed = 1) {
        return {.name = "users", .clock = &clock, .seed = seed, .observer = &recorder};
    }
    template <class P>
    Reason reason_of_call(P& calls, const CallOptions& how = {}) {
        const auto result = calls.run(callee, how);
        return result ? Reason::draining /* none that any policy gives */ : result.error().reason;
    }

    ManualBlockingClock clock;
    Recorder recorder;
    Callee callee{clock};
};
constexpr Reason worked = Reason::draining;

TEST_F(PipelineScenario, an_outage_opens_the_circuit_spares_the_callee_and_ends_with_its_probes) {
    auto calls = pipeline(options(), Timeout{.limit = 2s},
                          Retry{.attempts = 3, .per_try_timeout = 500ms, .backoff = Backoff::constant(25ms)},
                          Breaker{.min_calls = 10, .open_for = 5s, .jitter = 0_percent, .probes = 2});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(reason_of_call(calls), worked);
    callee.works = false;
    int made = 0;
    while (calls.policy<Breaker>().state() == CircuitState::closed && made < 100) (void)reason_of_call(calls), ++made;
    EXPECT_EQ(explain(calls.policy<Breaker>().report(clock.now())), "open: 5 of 10 failed in 10 s, probing in 5 s");
    (void)recorder.take();

    const int called = callee.called;
    for (int i = 0; i < 100; ++i) EXPECT_EQ(reason_of_call(calls), Reason::circuit_open);
    EXPECT_EQ(callee.called, called) << "an open circuit calls nobody";
    const auto refused = calls.run(callee);
    EXPECT_GT(refused.error().retry_after, 4s);
    EXPECT_LE(refused.error().retry_after, 5s);

    clock.advance(5s);
    (void)recorder.take();
    EXPECT_EQ(reason_of_call(calls), Reason::circuit_open) << "the probe failed; the next attempt was refused";
    EXPECT_EQ(recorder.take(), "half-opened, attempt 1 failure upstream_reset, opened failed_probe, "
                               "retry 2 for upstream_reset, refused circuit_open, ended after 1 circuit_open");
    callee.works = true;
    clock.advance(5s);
    EXPECT_EQ(reason_of_call(calls), worked);
    EXPECT_EQ(reason_of_call(calls), worked);
    EXPECT_EQ(calls.policy<Breaker>().state(), CircuitState::closed);
}

TEST_F(PipelineScenario, the_budget_bounds_what_retries_add_to_an_outage) {
    auto calls = pipeline(options(), Retry{.attempts = 5, .per_try_timeout = 1s, .backoff = {.first = 1ms, .max = 2ms},
                                           .budget = Budget{20_percent, 1_per_second}});
    callee.works = false;
    callee.takes = 1ms;
    constexpr int made = 1000;
    const Instant began = clock.now();
    for (int i = 0; i < made; ++i) (void)reason_of_call(calls);
    const double seconds = std::chrono::duration<double>{clock.now() - began}.count();
    EXPECT_LE(callee.called, made * 1.2 + seconds + 10.0);
    EXPECT_GE(callee.called, made * 1.15) << "and it is used";
}

TEST_F(PipelineScenario, a_hung_callee_costs_its_own_timeout_and_the_whole_never_more_than_the_calls) {
    auto calls = pipeline(options(), Timeout{.limit = 2s},
                          Retry{.attempts = 3, .per_try_timeout = 900ms, .backoff = Backoff::constant(50ms)}, Breaker{});
    callee.takes = 1h;
    const Instant began = clock.now();
    EXPECT_EQ(reason_of_call(calls), Reason::timeout) << "the third attempt is cut by the call's timeout";
    EXPECT_EQ(clock.now() - began, 2s);
    EXPECT_EQ(recorder.take(), "attempt 1 failure attempt_timeout, retry 2 for attempt_timeout, "
                               "attempt 2 failure attempt_timeout, retry 3 for attempt_timeout, "
                               "attempt 3 failure timeout, ended after 3 timeout");
}

TEST_F(PipelineScenario, a_callers_deadline_is_no_failure_of_the_callee) {
    auto calls = pipeline(options(), Timeout{.limit = 2s}, Breaker{.min_calls = 1});
    callee.takes = 1s;
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(reason_of_call(calls, {.deadline = clock.now() + 100ms}), Reason::deadline_expired);
    EXPECT_EQ(calls.policy<Breaker>().report(clock.now()).calls, Tally{});
    EXPECT_EQ(callee.called, 50);
    EXPECT_EQ(reason_of_call(calls, {.deadline = clock.now()}), Reason::deadline_expired);
    EXPECT_EQ(callee.called, 50) << "what is expired before it began calls nobody";
}

TEST_F(PipelineScenario, a_caller_who_gives_up_in_a_pause_ends_the_call_at_once) {
    auto calls = pipeline(options(), Retry{.backoff = Backoff::constant(10s), .budget = Budget{0_percent, 1_per_second}});
    callee.works = false;
    std::stop_source caller;
    clock.in(3s, [&] { caller.request_stop(); });
    const Instant began = clock.now();
    const auto before = calls.policy<Retry>().budget()->available(began);
    EXPECT_EQ(reason_of_call(calls, {.stop = caller.get_token()}), Reason::caller_left);
    EXPECT_EQ(clock.now() - began, 3s);
    EXPECT_EQ(callee.called, 1);
    EXPECT_GE(calls.policy<Retry>().budget()->available(clock.now()), before) << "the token went back";
}

TEST_F(PipelineScenario, whatever_a_function_says_after_its_caller_left_the_callee_is_not_blamed) {
    auto calls = pipeline(options(), Retry{}, Breaker{});
    std::stop_source caller;
    const auto result = calls.run(
        [&](Call&) -> Result<int> {
            caller.request_stop();
            return reset;
        },
        {.stop = caller.get_token()});
    EXPECT_EQ(result.error().reason, Reason::caller_left);
    EXPECT_EQ(calls.policy<Breaker>().report(clock.now()).calls, Tally{});
    EXPECT_EQ(recorder.take(), "attempt 1 neutral caller_left, ended after 1 caller_left");
}

TEST_F(PipelineScenario, what_may_not_be_made_twice_is_retried_only_if_it_never_arrived) {
    auto calls = pipeline(options(), Retry{.attempts = 3});
    callee.works = false;
    EXPECT_EQ(reason_of_call(calls, {.idempotent = false}), Reason::upstream_reset);
    EXPECT_EQ(callee.called, 1);
    EXPECT_EQ(recorder.take(), "attempt 1 failure upstream_reset, abandoned after 1 not_safe, ended after 1 upstream_reset");
    int tried = 0;
    (void)calls.run([&](Call&) -> Result<int> { return ++tried, Fault{Reason::connect_failed}; }, {.idempotent = false});
    EXPECT_EQ(tried, 3);
}

TEST_F(PipelineScenario, limits_refuse_before_anything_else_is_spent) {
    auto calls = pipeline(options(), RateLimit{.rate = 10_per_second, .burst = 2}, Bulkhead{.concurrent = 1, .queue = 0},
                          Retry{}, Breaker{});
    EXPECT_EQ(reason_of_call(calls), worked);
    const auto inside = calls.run([&](Call&) {
        EXPECT_EQ(reason_of_call(calls), Reason::rate_limited);
        clock.advance(1s);
        return reason_of_call(calls);
    });
    EXPECT_EQ(*inside, Reason::concurrency_limited);
    EXPECT_EQ(callee.called, 1);
    EXPECT_EQ(calls.policy<Bulkhead>().in_use(), 0U);
    EXPECT_EQ(calls.policy<Breaker>().report(clock.now()).calls, (Tally{2, 0, 0}));
}

TEST_F(PipelineScenario, a_fallback_answers_for_failures_and_refusals_but_not_for_a_caller_who_left) {
    auto calls = pipeline(options(), Fallback{[](const Fault& why) { return -static_cast<int>(why.reason); }},
                          Breaker{.consecutive = 1});
    callee.works = false;
    EXPECT_EQ(*calls.run(callee), -static_cast<int>(Reason::upstream_reset));
    EXPECT_EQ(*calls.run(callee), -static_cast<int>(Reason::circuit_open));
    auto plain = pipeline("plain", Fallback{7});
    std::stop_source caller;
    caller.request_stop();
    EXPECT_EQ(*plain.run(callee), 7);
    EXPECT_EQ(reason_of_call(plain, {.stop = caller.get_token()}), Reason::caller_left);
}

TEST_F(PipelineScenario, shadow_policies_decide_and_count_but_change_nothing) {
    auto calls = pipeline(options(), RateLimit{.rate = 1_per_second, .burst = 1, .shadow = true},
                          Bulkhead{.concurrent = 1, .queue = 0, .shadow = true}, Retry{.attempts = 3, .shadow = true},
                          Breaker{.min_calls = 2, .shadow = true});
    callee.works = false;
    for (int i = 0; i < 20; ++i) EXPECT_EQ(reason_of_call(calls), Reason::upstream_reset);
    EXPECT_EQ(callee.called, 20) << "every call once";
    EXPECT_EQ(calls.policy<RateLimit>().refused(), 19U);
    EXPECT_GT(calls.policy<Retry>().would_have_retried(), 0U);
    EXPECT_EQ(calls.policy<Breaker>().report(clock.now()).refused, 18U);
}

TEST_F(PipelineScenario, a_clock_that_stands_still_or_jumps_hours_ahead_breaks_nothing) {
    auto calls = pipeline(options(), Timeout{.limit = 2s}, RateLimit{.rate = 1000_per_second}, Retry{.attempts = 2},
                          Breaker{.min_calls = 4, .open_for = 1s, .ramp = 10s});
    callee.takes = 0s;
    callee.works = false;
    for (int i = 0; i < 200; ++i) (void)reason_of_call(calls);
    EXPECT_EQ(calls.policy<Breaker>().state(), CircuitState::open);
    callee.works = true;
    for (int jump = 0; jump < 20; ++jump) {
        clock.advance(7h);
        EXPECT_EQ(reason_of_call(calls), worked) << jump;
    }
    EXPECT_EQ(calls.policy<Breaker>().state(), CircuitState::closed);
}

// ---- The same, decided while compiling and from a configuration

TEST_F(PipelineScenario, a_configured_pipeline_does_exactly_what_the_compiled_one_does) {
    const Timeout timeout{.limit = 300ms};
    const Retry retry{.attempts = 3, .per_try_timeout = 100ms};
    const Breaker breaker{.min_calls = 5, .open_for = 1s, .probes = 2, .ramp = 2s};
    const Bulkhead bulkhead{.concurrent = 1};
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::string told[2];
        for (int form = 0; form < 2; ++form) {
            ManualBlockingClock time;
            Recorder events;
            const PipelineOptions how{.name = "p", .clock = &time, .seed = seed, .observer = &events};
            auto compiled = pipeline(how, timeout, retry, breaker, bulkhead);
            ConfiguredPipeline configured{how, {timeout, retry, breaker, bulkhead}};
            Rng rng{seed};
            for (int i = 0; i < 200; ++i) {
                const bool bad = rng.below(100) < (i % 100 < 50 ? 10U : 90U);
                const Duration takes{static_cast<Duration::rep>(rng.below(150'000'000))};
                const auto function = [&](Call& call) -> Result<int> {
                    time.advance(std::min(takes, call.deadline() - time.now()));
                    return bad ? Result<int>{reset} : Result<int>{1};
                };
                form == 0 ? (void)compiled.run(function) : (void)configured.run(function);
                time.advance(Duration{static_cast<Duration::rep>(rng.below(200'000'000))});
            }
            told[form] = events.take();
        }
        EXPECT_EQ(told[0], told[1]);
        EXPECT_NE(told[0].find("opened"), std::string::npos);
    }
}

}  // namespace
}  // namespace outrigger::resilience
