// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/retry.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/resilience/retry_after.hpp>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Assessment good{};
constexpr Assessment failed{Verdict::failure, Retryable::if_safe};

// Calls from beginning to end, as a driver makes them, in manual time.
class Caller {
public:
    explicit Caller(const Retry& settings, std::uint64_t seed = 1) : policy{settings}, rng{seed} {}

    struct Attempt {
        Assessment assessment;
        Duration takes = 0s;
    };
    struct Outcome {
        std::vector<Duration> began;   // each attempt, from the beginning of the call
        Stop stop;
    };
    // `attempts` is what each one comes to; the last stands for all further ones.
    Outcome call(const std::vector<Attempt>& attempts, Duration timeout = 1h, bool safe = true) {
        const Instant begun = clock.now();
        policy.record_call(begun);
        std::vector<Duration> began;
        for (EndedAttempt ended{.safe = safe, .deadline = begun + timeout};; ++ended.number) {
            began.push_back(clock.now() - begun);
            const Attempt& made = attempts[std::min<std::size_t>(ended.number, attempts.size()) - 1];
            clock.advance(made.takes);
            ended.assessment = made.assessment;
            RetryDecision next = policy.before_next(ended, clock.now(), rng);
            if (!next) return {began, next.stop()};
            clock.advance(next->length());
            next->start();
            ended.backoff = next->backoff();
        }
    }

    ManualClock clock;
    Retrying policy;
    Rng rng;
};

TEST(Retry, ends_with_the_first_success) {
    Caller caller{{.attempts = 5, .backoff = {.first = 100ms, .jitter = Jitter::none}}};
    const auto outcome = caller.call({{failed, 10ms}, {failed, 20ms}, {good, 30ms}});
    EXPECT_EQ(outcome.began, (std::vector<Duration>{0ms, 110ms, 330ms}));
    EXPECT_EQ(outcome.stop, Stop::not_needed);
    EXPECT_EQ(caller.policy.retried(), 2U);
}

TEST(Retry, ends_when_all_attempts_failed) {
    Caller caller{{.attempts = 4, .backoff = {.first = 100ms, .max = 150ms, .jitter = Jitter::none}}};
    const auto outcome = caller.call({{failed}});
    EXPECT_EQ(outcome.began, (std::vector<Duration>{0ms, 100ms, 250ms, 400ms}));
    EXPECT_EQ(outcome.stop, Stop::attempts_spent);
}

TEST(Retry, ends_before_the_deadline_whatever_is_drawn) {
    for (const Jitter jitter : {Jitter::none, Jitter::equal, Jitter::full, Jitter::decorrelated})
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            Caller caller{{.attempts = 10, .backoff = {.first = 30ms, .jitter = jitter}}, seed};
            const auto outcome = caller.call({{failed, 25ms}}, 500ms);
            ASSERT_LE(outcome.began.back(), 499ms) << "seed " << seed;
            ASSERT_NE(outcome.stop, Stop::not_retryable);
            ASSERT_GE(outcome.began.size(), 2U) << "and not long before: the first pause fits";
        }
}

TEST(Retry, does_what_a_throttling_callee_asks) {
    Caller caller{{.backoff = Backoff::constant(10ms), .budget = std::nullopt}};
    const auto told = [&](std::string_view retry_after) {
        return Assessment{Verdict::neutral, Retryable::if_told, parse_retry_after(retry_after, caller.clock.wall())};
    };
    EXPECT_EQ(caller.call({{told("2")}, {good}}).began, (std::vector<Duration>{0s, 2010ms}));
    EXPECT_EQ(caller.call({{told("2")}, {good}}, 1s).stop, Stop::callee_asks_longer);
    EXPECT_EQ(caller.call({{told("soon")}, {good}}).stop, Stop::no_wish);
    EXPECT_EQ(caller.call({{told("2")}, {good}}, 1h, false).stop, Stop::not_safe);
}

TEST(Retry, waits_for_the_date_that_a_callee_names) {
    Caller caller{{.backoff = Backoff::constant(0s)}};
    // The manual clock begins at one in the night.
    const auto wish = parse_retry_after("Fri, 20 Nov 2026 01:00:03 GMT", caller.clock.wall());
    const auto outcome = caller.call({{{Verdict::failure, Retryable::if_safe, wish}, 0s}, {good}});
    EXPECT_EQ(outcome.began, (std::vector<Duration>{0s, 3s}));
}

TEST(Retry, runs_out_of_budget_in_an_outage_and_has_it_back_afterwards) {
    Caller caller{{.attempts = 2, .backoff = Backoff::constant(0s), .budget = Budget{20_percent, 1_per_second}}};
    std::map<Stop, int> stops;
    // 100 calls a second for 20 s, all of which fail.
    for (int i = 0; i < 2000; ++i) {
        ++stops[caller.call({{failed}}).stop];
        caller.clock.advance(10ms);
    }
    EXPECT_EQ(caller.policy.retried(), 2000U / 5 + 10 + 19) << "a fifth of the calls, 10 s of the floor, and 19 more";
    EXPECT_EQ(stops[Stop::attempts_spent], 429);
    EXPECT_EQ(stops[Stop::budget_spent], 2000 - 429);
    // Everything is well again for a while; then each of the next ones may retry.
    for (int i = 0; i < 1000; ++i) {
        caller.call({{good}});
        caller.clock.advance(10ms);
    }
    for (int i = 0; i < 150; ++i) EXPECT_EQ(caller.call({{failed}, {good}}).began.size(), 2U) << i;
}

// Admitting first and pausing then must not let more through than the budget has (as counting only those attempts
// that are under way would).
TEST(Retry, holds_its_budget_during_the_pause) {
    Retrying policy{{.backoff = Backoff::constant(1s), .budget = Budget{20_percent, Rate{}}}};
    Rng rng{1};
    ManualClock clock;
    std::vector<RetryDecision> pausing;
    for (int i = 0; i < 1000; ++i) policy.record_call(clock.now());
    for (int i = 0; i < 1000; ++i) {
        RetryDecision next = policy.before_next({.assessment = failed, .safe = true}, clock.now(), rng);
        if (next) pausing.push_back(std::move(next));
    }
    EXPECT_EQ(pausing.size(), 200U);
    clock.advance(1s);
    // A tenth of the callers left meanwhile: as many others may come in their places.
    pausing.erase(pausing.begin() + 180, pausing.end());
    for (RetryDecision& one : pausing) one->start();
    int more = 0;
    for (int i = 0; i < 1000; ++i) {
        RetryDecision next = policy.before_next({.assessment = failed, .safe = true}, clock.now(), rng);
        if (!next) continue;
        next->start();
        ++more;
    }
    EXPECT_EQ(more, 20);
    EXPECT_EQ(policy.retried(), 200U);
}

// ---- Crowds

// When each of 1,000 callers that failed at the same instant comes back, for the first time.
std::vector<Duration> returns(const Backoff& backoff, std::optional<Duration> wish = std::nullopt) {
    Retrying policy{{.backoff = backoff, .budget = std::nullopt}};
    std::vector<Duration> lengths;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        Rng rng{seed};
        const EndedAttempt ended{.number = 2, .backoff = 100ms, .assessment = {Verdict::failure, Retryable::if_safe, wish},
                                 .safe = true};
        lengths.push_back(policy.before_next(ended, Instant{1h}, rng)->length());
    }
    std::sort(lengths.begin(), lengths.end());
    return lengths;
}

std::size_t most_within(const std::vector<Duration>& sorted, Duration window) {
    std::size_t most = 0;
    for (auto first = sorted.begin(); first != sorted.end(); ++first) {
        const auto last = std::lower_bound(first, sorted.end(), *first + window);
        most = std::max(most, static_cast<std::size_t>(last - first));
    }
    return most;
}

TEST(Retry, scatters_those_who_failed_together) {
    EXPECT_EQ(most_within(returns({.first = 100ms, .jitter = Jitter::none}), 10ms), 1000U) << "what jitter is for";
    EXPECT_LE(most_within(returns({.first = 100ms, .jitter = Jitter::equal}), 10ms), 150U);
    EXPECT_LE(most_within(returns({.first = 100ms, .jitter = Jitter::full}), 10ms), 90U);
    EXPECT_LE(most_within(returns({.first = 100ms, .jitter = Jitter::decorrelated}), 10ms), 90U);
}

TEST(Retry, scatters_those_who_were_told_the_same) {
    const std::vector<Duration> back = returns({.first = 100ms, .jitter = Jitter::full}, 5s);
    EXPECT_GE(back.front(), 5s);
    EXPECT_LE(back.back(), 5200ms);
    EXPECT_LE(most_within(back, 10ms), 90U);
}

TEST(Retry, in_shadow_mode_leaves_calls_as_they_are) {
    Caller caller{{.budget = Budget{20_percent, 1_per_second}, .shadow = true}};
    for (int i = 0; i < 100; ++i) {
        const auto outcome = caller.call({{failed, 1ms}});
        EXPECT_EQ(outcome.began, std::vector<Duration>{0s});
    }
    EXPECT_EQ(caller.policy.would_have_retried(), 30U) << "20 of the calls, 10 of the floor";
    EXPECT_EQ(caller.policy.retried(), 0U);
}

// ---- Threads

TEST(Retry, keeps_its_books_between_eight_threads) {
    constexpr std::uint64_t threads = 8;
    constexpr std::uint64_t calls = 3000;   // of each thread
    constexpr std::uint64_t seed = 20261120;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Retrying policy{{.attempts = 4, .budget = Budget{30_percent, 1_per_second}}};
    std::atomic<std::uint64_t> started{0};
    std::vector<std::thread> running;
    for (std::uint64_t number = 0; number < threads; ++number)
        running.emplace_back([&policy, &started, number] {
            Rng rng{seed + number};
            for (std::uint64_t i = 0; i < calls; ++i) {
                const Instant now{1h + Duration{static_cast<Duration::rep>(i * 1'000'000)}};
                policy.record_call(now);
                for (EndedAttempt ended{.assessment = failed, .safe = true};; ++ended.number) {
                    RetryDecision next = policy.before_next(ended, now, rng);
                    if (!next || rng.below(5) == 0) break;   // or the caller leaves during the pause
                    next->start();
                    started.fetch_add(1);
                }
            }
        });
    for (std::thread& thread : running) thread.join();
    EXPECT_EQ(policy.retried(), started.load());
    EXPECT_LE(started.load(), threads * calls * 3 / 10 + 13) << "3 s, and 10 s in advance";
    EXPECT_GE(started.load(), threads * calls * 3 / 10 * 9 / 10);
}

}   // namespace
}   // namespace outrigger::resilience
