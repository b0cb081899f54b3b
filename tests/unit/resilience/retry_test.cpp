// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/retry.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <outrigger/core/validate.hpp>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{std::chrono::hours{1}};
constexpr Assessment failed{Verdict::failure, Retryable::if_safe};
constexpr Retry steady{.attempts = 3, .backoff = Backoff::constant(100ms)};

// A policy that is asked at `start`.
struct Asked {
    explicit Asked(const Retry& settings) : policy{settings} {}
    RetryDecision operator()(const EndedAttempt& ended) { return policy.before_next(ended, start, rng); }
    Retrying policy;
    Rng rng{20261120};
};

TEST(Retry, follows_a_failure_that_may_be_tried_again) {
    Asked ask{steady};
    RetryDecision next = ask({.assessment = failed, .safe = true});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->length(), 100ms);
    EXPECT_EQ(next->backoff(), 100ms);
}

TEST(Retry, stops_after_a_success) {
    Asked ask{steady};
    const RetryDecision next = ask({.assessment = {Verdict::success, Retryable::no}, .safe = true});
    ASSERT_FALSE(next);
    EXPECT_EQ(next.stop(), Stop::not_needed);
}

TEST(Retry, stops_where_another_attempt_would_not_help) {
    Asked ask{steady};
    EXPECT_EQ(ask({.assessment = {Verdict::failure, Retryable::no}, .safe = true}).stop(), Stop::not_retryable);
    EXPECT_EQ(ask({.assessment = {Verdict::neutral, Retryable::no}, .safe = true}).stop(), Stop::not_retryable);
}

TEST(Retry, repeats_what_is_not_safe_only_if_it_never_reached_the_callee) {
    Asked ask{steady};
    EXPECT_EQ(ask({.assessment = failed}).stop(), Stop::not_safe);
    EXPECT_EQ(ask({.assessment = {Verdict::neutral, Retryable::if_told, 0s}}).stop(), Stop::not_safe);
    EXPECT_TRUE(ask({.assessment = {Verdict::failure, Retryable::always}}));
}

TEST(Retry, may_follow_a_success_that_its_user_wants_repeated) {
    Asked ask{steady};
    EXPECT_TRUE(ask({.assessment = {Verdict::success, Retryable::if_safe}, .safe = true}));
}

TEST(Retry, makes_so_many_attempts_in_all) {
    Asked ask{steady};
    EXPECT_TRUE(ask({.number = 1, .assessment = failed, .safe = true}));
    EXPECT_TRUE(ask({.number = 2, .assessment = failed, .safe = true}));
    for (const std::uint32_t number : {3U, 4U, std::numeric_limits<std::uint32_t>::max()})
        EXPECT_EQ(ask({.number = number, .assessment = failed, .safe = true}).stop(), Stop::attempts_spent);
    Asked once{{.attempts = 1}};
    EXPECT_EQ(once({.assessment = failed, .safe = true}).stop(), Stop::attempts_spent);
}

TEST(Retry, pauses_longer_and_longer) {
    Asked ask{{.attempts = 10, .backoff = {.first = 25ms, .max = 100ms, .jitter = Jitter::none}}};
    std::vector<Duration> pauses;
    for (std::uint32_t number = 1; number < 6; ++number)
        pauses.push_back(ask({.number = number, .assessment = failed, .safe = true})->length());
    EXPECT_EQ(pauses, (std::vector<Duration>{25ms, 50ms, 100ms, 100ms, 100ms}));
}

TEST(Retry, hands_the_pause_before_to_decorrelated_jitter) {
    Asked ask{{.backoff = {.first = 10ms, .max = 1h, .jitter = Jitter::decorrelated}, .budget = std::nullopt}};
    Duration longest{};
    for (int i = 0; i < 2000; ++i)
        longest = std::max(longest, ask({.backoff = 1min, .assessment = failed, .safe = true})->length());
    EXPECT_GT(longest, 2min);
    EXPECT_LE(longest, 3min);
}

// ---- What the callee asks for

TEST(Retry, waits_at_least_as_long_as_the_callee_asks) {
    Asked ask{steady};
    RetryDecision next = ask({.assessment = {Verdict::failure, Retryable::if_safe, 2s}, .safe = true});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->length(), 2100ms) << "and scatters those who were told the same";
    EXPECT_EQ(next->backoff(), 100ms);
}

TEST(Retry, waits_as_long_as_the_callee_asks_if_there_is_just_time_for_that) {
    Asked ask{steady};
    const EndedAttempt ended{.assessment = {Verdict::neutral, Retryable::if_told, 2s},
                             .safe = true,
                             .deadline = start + 2s + 20ms,
                             .least_useful = 5ms};
    EXPECT_EQ(ask(ended)->length(), 2015ms);
}

TEST(Retry, stops_where_the_callee_asks_for_more_than_there_is) {
    Asked ask{steady};
    EndedAttempt ended{.assessment = {Verdict::failure, Retryable::if_safe, 2s},
                       .safe = true,
                       .deadline = start + 2s + 4ms,
                       .least_useful = 5ms};
    EXPECT_EQ(ask(ended).stop(), Stop::callee_asks_longer);
    ended.deadline = start + 2s + 5ms;
    EXPECT_EQ(ask(ended)->length(), 2s);
    ended.assessment.retry_after = Duration::max();
    EXPECT_EQ(ask(ended).stop(), Stop::callee_asks_longer);
    ended.deadline = never;
    EXPECT_EQ(ask(ended).stop(), Stop::callee_asks_longer) << "for longer than anybody waits";
    ended.assessment.retry_after = 10min;
    EXPECT_GE(ask(ended)->length(), 10min);
    ended.assessment.retry_after = 0s;
    ended.deadline = start + 4ms;
    EXPECT_EQ(ask(ended).stop(), Stop::no_time) << "it asked for no pause at all";
}

TEST(Retry, without_a_wish_does_not_follow_what_needs_one) {
    Asked ask{steady};
    EXPECT_EQ(ask({.assessment = {Verdict::neutral, Retryable::if_told}, .safe = true}).stop(), Stop::no_wish);
    EXPECT_EQ(ask({.assessment = {Verdict::neutral, Retryable::if_told, 0s}, .safe = true})->length(), 100ms);
}

TEST(Retry, bears_every_wish) {
    Asked ask{steady};
    EXPECT_EQ(ask({.assessment = {Verdict::failure, Retryable::if_safe, Duration::max()}, .safe = true}).stop(),
              Stop::callee_asks_longer);
    EXPECT_EQ(ask({.assessment = {Verdict::failure, Retryable::if_safe, Duration::min()}, .safe = true})->length(),
              100ms);
}

// ---- The deadline

TEST(Retry, never_begins_what_the_deadline_cannot_fit) {
    Asked ask{steady};
    EndedAttempt ended{.assessment = failed, .safe = true};
    for (const auto& [left, fits] : {std::pair{Duration{0s}, false}, {-1s, false}, {1ms, false}, {100ms, false},
                                     {101ms - 1ns, false}, {101ms, true}, {24h, true}}) {
        ended.deadline = start + left;
        RetryDecision next = ask(ended);
        ASSERT_EQ(static_cast<bool>(next), fits) << outrigger::to_string(left);
        if (fits) {
            EXPECT_EQ(next->length(), 100ms);
        } else {
            EXPECT_EQ(next.stop(), Stop::no_time);
        }
    }
}

TEST(Retry, leaves_the_time_that_its_driver_needs) {
    Asked ask{steady};
    EndedAttempt ended{.assessment = failed, .safe = true, .deadline = start + 150ms, .least_useful = 50ms};
    EXPECT_TRUE(ask(ended));
    ended.least_useful = 50ms + 1ns;
    EXPECT_EQ(ask(ended).stop(), Stop::no_time);
    ended.least_useful = Duration::max();
    EXPECT_EQ(ask(ended).stop(), Stop::no_time);
    ended.least_useful = -1h;
    EXPECT_EQ(ask(ended)->length(), 100ms);
    ended.deadline = Instant::min();
    EXPECT_EQ(ask(ended).stop(), Stop::no_time);
}

TEST(Retry, may_begin_an_attempt_with_less_time_than_per_try_timeout) {
    Asked ask{{.per_try_timeout = 600ms, .backoff = Backoff::constant(100ms)}};
    EXPECT_TRUE(ask({.assessment = failed, .safe = true, .deadline = start + 200ms}));
}

TEST(Retry, keeps_every_drawn_pause_within_the_deadline) {
    for (const Jitter jitter : {Jitter::none, Jitter::equal, Jitter::full, Jitter::decorrelated}) {
        Asked ask{{.attempts = 10, .backoff = {.first = 50ms, .jitter = jitter}, .budget = std::nullopt}};
        int stopped = 0;
        for (std::uint32_t i = 0; i < 5000; ++i) {
            const EndedAttempt ended{.number = 1 + i % 9,
                                     .backoff = Duration{300ms},
                                     .assessment = failed,
                                     .safe = true,
                                     .deadline = start + 200ms};
            RetryDecision next = ask(ended);
            if (!next)
                ++stopped;
            else
                EXPECT_LE(next->length(), 199ms);
        }
        EXPECT_GT(stopped, 0);
        EXPECT_LT(stopped, 5000);
    }
}

// ---- The budget

TEST(Retry, stops_when_the_budget_is_spent) {
    Asked ask{{.attempts = 10, .backoff = Backoff::constant(0s), .budget = Budget{20_percent, 1_per_second}}};
    for (int i = 0; i < 5; ++i) ask.policy.record_call(start);
    for (int i = 0; i < 11; ++i) {
        RetryDecision next = ask({.assessment = failed, .safe = true});
        ASSERT_TRUE(next) << i;
        next->start();
    }
    EXPECT_EQ(ask({.assessment = failed, .safe = true}).stop(), Stop::budget_spent);
    EXPECT_EQ(ask.policy.retried(), 11U);
    EXPECT_EQ(ask.policy.budget()->refused(), 1U);
}

TEST(Retry, gives_the_token_back_if_the_attempt_never_begins) {
    Asked ask{{.budget = Budget{0_percent, Rate::per_second(0.1).value()}}};
    for (int i = 0; i < 100; ++i) {
        RetryDecision next = ask({.assessment = failed, .safe = true});
        ASSERT_TRUE(next) << i;
        EXPECT_EQ(ask({.assessment = failed, .safe = true}).stop(), Stop::budget_spent);
    }
    EXPECT_EQ(ask.policy.retried(), 0U);
    RetryDecision next = ask({.assessment = failed, .safe = true});
    RetryDecision elsewhere{std::move(*next)};
    elsewhere->start();
    EXPECT_EQ(ask.policy.retried(), 1U);
    EXPECT_EQ(ask.policy.budget()->available(start), 0U);
}

TEST(Retry, takes_no_token_where_there_is_another_reason_to_stop) {
    Asked ask{steady};
    const std::uint64_t before = ask.policy.budget()->available(start);
    const std::vector<EndedAttempt> stopped{
        {.assessment = {}, .safe = true},
        {.assessment = {Verdict::failure, Retryable::no}, .safe = true},
        {.assessment = failed},
        {.number = 3, .assessment = failed, .safe = true},
        {.assessment = {Verdict::neutral, Retryable::if_told}, .safe = true},
        {.assessment = failed, .safe = true, .deadline = start + 50ms},
        {.assessment = {Verdict::failure, Retryable::if_safe, 1h}, .safe = true, .deadline = start + 1min}};
    std::set<Stop> reasons;
    for (const EndedAttempt& ended : stopped) reasons.insert(ask(ended).stop());
    EXPECT_EQ(reasons.size(), stopped.size()) << "all but budget_spent and shadow";
    EXPECT_EQ(ask.policy.budget()->available(start), before);
    EXPECT_EQ(ask.policy.budget()->refused(), 0U);
}

TEST(Retry, shares_a_budget_with_others) {
    RetryBudget budget{{0_percent, Rate::per_second(0.1).value()}};
    Retrying one{{.budget = std::nullopt}, budget};
    Retrying two{{.budget = Budget{.floor = 100_per_second}}, budget};
    EXPECT_EQ(two.budget(), &budget);
    Rng rng{1};
    RetryDecision next = one.before_next({.assessment = failed, .safe = true}, start, rng);
    EXPECT_TRUE(next);
    EXPECT_EQ(two.before_next({.assessment = failed, .safe = true}, start, rng).stop(), Stop::budget_spent);
}

TEST(Retry, may_do_without_a_budget) {
    Asked ask{{.budget = std::nullopt}};
    ask.policy.record_call(start);
    EXPECT_EQ(ask.policy.budget(), nullptr);
    for (int i = 0; i < 1000; ++i) ask({.assessment = failed, .safe = true})->start();
    EXPECT_EQ(ask.policy.retried(), 1000U);
}

// ---- Shadow

TEST(Retry, in_shadow_mode_counts_what_it_would_have_done_and_does_nothing) {
    Asked ask{{.budget = Budget{0_percent, Rate::per_second(0.5).value()}, .shadow = true}};
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(ask({.assessment = failed, .safe = true}).stop(), Stop::shadow);
    EXPECT_EQ(ask({.assessment = failed, .safe = true}).stop(), Stop::budget_spent) << "as it would have been";
    EXPECT_EQ(ask({.assessment = failed}).stop(), Stop::not_safe);
    EXPECT_EQ(ask.policy.would_have_retried(), 5U);
    EXPECT_EQ(ask.policy.retried(), 0U);
}

// ---- Settings and words

TEST(Retry, has_the_defaults_of_the_contract) {
    const Retry settings;
    EXPECT_EQ(settings.attempts, 3U);
    EXPECT_EQ(settings.per_try_timeout, std::nullopt);
    EXPECT_EQ(settings.backoff, (Backoff{25ms, 1s, 2.0, Jitter::full}));
    EXPECT_EQ(settings.budget, (Budget{20_percent, 1_per_second}));
    EXPECT_FALSE(settings.shadow);
}

TEST(Retry, within_a_shorter_timeout_gives_one_attempt_no_more_than_that) {
    EXPECT_EQ(Retry{.per_try_timeout = 2s}.within(1s).per_try_timeout, 1s);
    EXPECT_EQ(Retry{.per_try_timeout = 2s}.within(3s).per_try_timeout, 2s);
    EXPECT_EQ(Retry{}.within(3s).per_try_timeout, std::nullopt);
}

TEST(Retry, refuses_nonsense_each_with_a_sentence) {
    const auto refusal = [](const Retry& settings) -> std::string {
        try {
            Retrying{settings};
        } catch (const std::invalid_argument& refused) {
            return refused.what();
        }
        return {};
    };
    EXPECT_EQ(refusal({}), "");
    EXPECT_EQ(refusal({.attempts = 0}), "attempts: found 0, expected a whole number from 1 to 10");
    EXPECT_EQ(refusal({.per_try_timeout = -1s}), "per_try_timeout: found -1s, expected a duration from 1ms to 1h");
    EXPECT_EQ(refusal({.backoff = {.first = 2s}}), "backoff.first: found 2s, expected at most backoff.max (1s)");
    EXPECT_EQ(refusal({.backoff = {.factor = std::numeric_limits<double>::quiet_NaN()}}),
              "backoff.factor: found nan, expected a number from 1 to 100");
    EXPECT_EQ(refusal({.budget = Budget{.ratio = 1.5}}),
              "budget.ratio: found 150%, expected a ratio from 0% to 100%");
    EXPECT_EQ(refusal({.budget = std::nullopt}), "");
    RetryBudget budget{{}};
    EXPECT_THROW((Retrying{{.attempts = 99}, budget}), std::invalid_argument);
}

TEST(Retry, says_why_it_stops) {
    const Retrying policy{{}};
    std::set<std::string> sentences;
    std::set<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(Stop::shadow); ++i) {
        sentences.insert(policy.explain(static_cast<Stop>(i)));
        words.insert(to_string(static_cast<Stop>(i)));
    }
    EXPECT_EQ(sentences.size(), 10U);
    EXPECT_EQ(words.size(), 10U);
    EXPECT_FALSE(sentences.contains("") || words.contains(""));
    EXPECT_EQ(policy.explain(Stop::attempts_spent), "all 3 attempts were made");
    EXPECT_EQ(Retrying{{.attempts = 1}}.explain(Stop::attempts_spent), "only one attempt is allowed");
    EXPECT_EQ(policy.explain(Stop::budget_spent), "the retry budget (20% of calls, at least 1/s) allowed no more");
}

}   // namespace
}   // namespace outrigger::resilience
