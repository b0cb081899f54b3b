// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/retry_budget.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{std::chrono::hours{1}};
constexpr Rate no_floor{};

Rate rate(double per_second) { return Rate::per_second(per_second).value(); }

void record(RetryBudget& budget, int calls, Instant now) {
    for (int i = 0; i < calls; ++i) budget.record_call(now);
}
// Until there is none left.
int take_all(RetryBudget& budget, Instant now) {
    int taken = 0;
    for (; taken < 1'000'000; ++taken) {
        auto token = budget.take(now);
        if (!token) break;
        token->spend();
    }
    return taken;
}

// ---- Calls

TEST(RetryBudget, gives_a_token_for_every_so_many_calls_exactly) {
    struct Case {
        Ratio ratio;
        int calls;
        int tokens;
    };
    for (const Case& one : {Case{20_percent, 4, 0}, {20_percent, 5, 1}, {20_percent, 9, 1}, {20_percent, 10, 2},
                            {20_percent, 1000, 200}, {30_percent, 10, 3}, {30_percent, 3, 0}, {30_percent, 4, 1},
                            {29_percent, 100, 29}, {57_percent, 100, 57}, {7_percent, 100, 7}, {100_percent, 3, 3}, {0_percent, 9999, 0},
                            {0.125, 8, 1}, {0.001, 999, 0}, {0.001, 1000, 1}, {0.0001, 9'999, 0}, {0.0001, 10'000, 1},
                            {0.00001, 100'000, 0}, {1.0 / 3, 10'000, 3333}, {0.0113, 10'000, 113}}) {
        RetryBudget budget{{one.ratio, no_floor}};
        record(budget, one.calls, start);
        EXPECT_EQ(budget.available(start), static_cast<std::uint64_t>(one.tokens)) << outrigger::to_string(one.ratio);
        EXPECT_EQ(take_all(budget, start), one.tokens) << one.calls << " calls at " << outrigger::to_string(one.ratio);
    }
}

TEST(RetryBudget, keeps_the_fractions_that_are_left_over) {
    RetryBudget budget{{30_percent, no_floor}};
    int taken = 0;
    for (int calls = 1; calls <= 1000; ++calls) {
        record(budget, 1, start);
        taken += take_all(budget, start);
        ASSERT_EQ(taken, calls * 3 / 10) << calls;
    }
}

TEST(RetryBudget, adds_up_fractions_of_several_seconds) {
    RetryBudget budget{{20_percent, no_floor}};
    for (int second = 0; second < 5; ++second) {
        EXPECT_EQ(take_all(budget, start + second * 1s), 0);
        record(budget, 1, start + second * 1s);
    }
    EXPECT_EQ(take_all(budget, start + 4s), 1);
}

TEST(RetryBudget, lets_the_tokens_of_calls_lapse_in_the_tenth_second) {
    RetryBudget budget{{20_percent, no_floor}};
    record(budget, 10, start);
    EXPECT_EQ(budget.available(start + 10s - 1ns), 2U);
    EXPECT_EQ(budget.available(start + 10s), 0U);
    EXPECT_EQ(take_all(budget, start + 10s), 0);
    record(budget, 5, start + 10s);
    EXPECT_EQ(take_all(budget, start + 10s), 1) << "what has lapsed does not burden what follows";
}

TEST(RetryBudget, lets_each_second_lapse_by_itself) {
    RetryBudget budget{{100_percent, no_floor}};
    for (int second = 0; second < 10; ++second) record(budget, second + 1, start + second * 1s);
    for (int second = 9, left = 55; second < 20; ++second) {
        EXPECT_EQ(budget.available(start + second * 1s), static_cast<std::uint64_t>(left)) << second;
        left -= second < 19 ? second - 8 : 0;
    }
}

TEST(RetryBudget, takes_the_oldest_token_first) {
    RetryBudget budget{{100_percent, no_floor}};
    record(budget, 3, start);
    record(budget, 3, start + 5s);
    for (int i = 0; i < 3; ++i) budget.take(start + 5s)->spend();
    EXPECT_EQ(budget.available(start + 9s), 3U);
    EXPECT_EQ(budget.available(start + 10s), 3U) << "those of the first second were spent, not these";
    EXPECT_EQ(budget.available(start + 15s), 0U);
}

TEST(RetryBudget, sees_seconds_without_calls) {
    RetryBudget budget{{100_percent, no_floor}};
    record(budget, 2, start);
    record(budget, 2, start + 7s);
    EXPECT_EQ(budget.available(start + 9s), 4U);
    EXPECT_EQ(budget.available(start + 12s), 2U);
    EXPECT_EQ(budget.available(start + 16s), 2U);
    EXPECT_EQ(budget.available(start + 17s), 0U);
    EXPECT_EQ(take_all(budget, start + 100'000s), 0);
}

TEST(RetryBudget, goes_on_as_before_after_a_long_rest) {
    for (const Duration rest : {Duration{16s}, Duration{17s}, Duration{24h}, Duration{24h * 365 * 50},
                                Duration{std::chrono::seconds{1LL << 32}}}) {
        RetryBudget budget{{20_percent, no_floor}};
        record(budget, 50, start);
        record(budget, 5, start + rest);
        EXPECT_LE(take_all(budget, start + rest), 11);
        record(budget, 5, start + rest + 20s);
        EXPECT_EQ(take_all(budget, start + rest + 20s), 1) << outrigger::to_string(rest);
    }
}

TEST(RetryBudget, does_not_depend_on_where_its_time_line_begins) {
    for (const Duration since : {Duration{0s}, Duration{-1h}, Duration{-5s}, Duration{5s}, Duration{24h * 365 * 68},
                                 Duration{24h * 365 * 100}, Duration{24h * 365 * 290}}) {
        const Instant now{since};
        RetryBudget budget{{20_percent, 2_per_second}};
        record(budget, 10, now);
        EXPECT_EQ(take_all(budget, now), 22) << outrigger::to_string(since);
        EXPECT_EQ(take_all(budget, now + 1s), 2) << outrigger::to_string(since);
        record(budget, 10, now + 2s);
        EXPECT_EQ(take_all(budget, now + 20s), 20) << outrigger::to_string(since);
    }
}

// ---- Time

TEST(RetryBudget, holds_the_floor_of_ten_seconds_when_it_is_new) {
    for (const double floor : {0.1, 0.2, 0.3, 0.5, 1.0, 3.0, 7.0, 33.3, 1000.0, 999'999.0, 1'000'000.0}) {
        RetryBudget budget{{0_percent, rate(floor)}};
        const auto expected = static_cast<std::uint64_t>(10 * floor + 1e-9);
        EXPECT_EQ(budget.available(start), expected) << floor;
        if (floor <= 1000) {
            EXPECT_EQ(take_all(budget, start), static_cast<int>(expected)) << floor;
        }
    }
}

TEST(RetryBudget, deposits_the_floor_as_time_goes) {
    RetryBudget budget{{0_percent, 4_per_second}};
    EXPECT_EQ(take_all(budget, start), 40);
    EXPECT_EQ(take_all(budget, start + 250ms - 1ns), 0);
    EXPECT_EQ(take_all(budget, start + 250ms), 1);
    EXPECT_EQ(take_all(budget, start + 1s), 3);
    EXPECT_EQ(take_all(budget, start + 3s), 8);
}

TEST(RetryBudget, never_holds_more_than_the_floor_of_ten_seconds) {
    RetryBudget budget{{0_percent, 4_per_second}};
    for (const Duration later : {Duration{0s}, Duration{10s}, Duration{24h}, Duration{24h * 365 * 200}})
        EXPECT_EQ(take_all(budget, start + later), 40) << outrigger::to_string(later);
}

TEST(RetryBudget, holds_a_fraction_when_it_is_new) {
    RetryBudget budget{{0_percent, rate(0.25)}};   // 2.5 tokens
    EXPECT_EQ(take_all(budget, start), 2);
    EXPECT_EQ(take_all(budget, start + 2s - 1ns), 0);
    EXPECT_EQ(take_all(budget, start + 2s), 1);
}

// It would have lapsed before it is whole.
TEST(RetryBudget, keeps_one_token_of_a_floor_that_needs_more_than_ten_seconds_for_it) {
    RetryBudget budget{{0_percent, rate(10.0 / 3600)}};   // one in 6 minutes
    EXPECT_EQ(take_all(budget, start), 0) << "10 s are worth a 36th";
    EXPECT_EQ(take_all(budget, start + 350s - 1ns), 0);
    EXPECT_EQ(take_all(budget, start + 350s), 1);
    EXPECT_EQ(take_all(budget, start + 709s), 0);
    EXPECT_EQ(take_all(budget, start + 24h), 1) << "never more than one";
}

TEST(RetryBudget, without_ratio_and_floor_allows_nothing) {
    RetryBudget budget{{0_percent, no_floor}};
    record(budget, 100'000, start);
    EXPECT_EQ(take_all(budget, start), 0);
    EXPECT_EQ(take_all(budget, start + 1h), 0);
    EXPECT_EQ(budget.available(start + 1h), 0U);
}

TEST(RetryBudget, bears_a_floor_near_nothing) {
    RetryBudget budget{{0_percent, rate(std::numeric_limits<double>::denorm_min())}};
    EXPECT_EQ(take_all(budget, start), 0);
    EXPECT_EQ(take_all(budget, start + 24h * 365 * 200), 0);
}

TEST(RetryBudget, has_both_sources) {
    RetryBudget budget{{20_percent, 1_per_second}};
    record(budget, 25, start);
    EXPECT_EQ(budget.available(start), 15U);
    EXPECT_EQ(take_all(budget, start), 15);
    EXPECT_EQ(budget.refused(), 1U);
}

// ---- Tokens

TEST(RetryBudget, gets_a_token_back_that_is_not_spent) {
    for (const Budget& settings : {Budget{20_percent, no_floor}, Budget{0_percent, rate(0.1)}}) {
        RetryBudget budget{settings};
        record(budget, 5, start);
        for (int i = 0; i < 100; ++i) {
            auto token = budget.take(start);
            ASSERT_TRUE(token) << i;
            ASSERT_FALSE(budget.take(start));
        }
        EXPECT_EQ(take_all(budget, start), 1);
        EXPECT_EQ(budget.refused(), 101U);
    }
}

TEST(RetryBudget, does_not_get_back_a_spent_token) {
    RetryBudget budget{{20_percent, no_floor}};
    record(budget, 5, start);
    budget.take(start)->spend();
    EXPECT_FALSE(budget.take(start));
}

TEST(RetryBudget, follows_a_token_that_is_moved) {
    static_assert(!std::is_copy_constructible_v<RetryBudget::Token> && !std::is_copy_assignable_v<RetryBudget::Token>);
    RetryBudget budget{{100_percent, no_floor}};
    record(budget, 2, start);
    auto one = budget.take(start);
    auto two = budget.take(start);
    {
        RetryBudget::Token moved{std::move(*one)};
        one.reset();
        EXPECT_EQ(budget.available(start), 0U) << "the moved one still holds it";
        moved = std::move(*two);
        EXPECT_EQ(budget.available(start), 1U) << "what was overwritten went back";
        RetryBudget::Token& itself = moved;
        moved = std::move(itself);
        EXPECT_EQ(budget.available(start), 1U);
    }
    EXPECT_EQ(budget.available(start), 2U);
}

TEST(RetryBudget, does_not_revive_a_token_that_lapsed_while_it_was_held) {
    RetryBudget budget{{20_percent, 1_per_second}};
    record(budget, 5, start);
    std::vector<RetryBudget::Token> held;
    while (auto token = budget.take(start)) held.push_back(std::move(*token));
    EXPECT_EQ(held.size(), 11U);
    record(budget, 5, start + 20s);
    EXPECT_EQ(budget.available(start + 20s), 11U);
    held.clear();
    EXPECT_EQ(budget.available(start + 20s), 11U);
    EXPECT_EQ(take_all(budget, start + 20s), 11);
}

TEST(RetryBudget, lets_a_held_token_be_spent_however_late) {
    RetryBudget budget{{20_percent, no_floor}};
    record(budget, 5, start);
    auto token = budget.take(start);
    record(budget, 5, start + 1h);
    EXPECT_EQ(take_all(budget, start + 1h), 1);
    token->spend();
    EXPECT_EQ(take_all(budget, start + 1h), 0);
}

// ---- Clocks

TEST(RetryBudget, stays_exact_while_the_clock_stands_still) {
    RetryBudget budget{{20_percent, 1_per_second}};
    record(budget, 1'000'000, start);
    EXPECT_EQ(take_all(budget, start), 200'010);
}

TEST(RetryBudget, gives_nothing_for_a_clock_that_jumps) {
    RetryBudget budget{{20_percent, 1_per_second}};
    record(budget, 100, start);
    EXPECT_EQ(take_all(budget, start), 30);
    EXPECT_EQ(take_all(budget, start + 5h), 10) << "10 s of the floor, for five hours";
    EXPECT_EQ(take_all(budget, start + 5h), 0);
    EXPECT_EQ(take_all(budget, start), 0) << "a thread that is still in the past";
    record(budget, 5, start);
    EXPECT_EQ(take_all(budget, start + 5h), 0) << "its calls are five hours old";
    record(budget, 5, start + 5h);
    EXPECT_EQ(take_all(budget, start + 5h), 1);
}

TEST(RetryBudget, counts_calls_of_threads_whose_clocks_differ) {
    RetryBudget budget{{20_percent, no_floor}};
    for (int i = 0; i < 100; ++i) budget.record_call(start + (i % 3) * 1s);
    EXPECT_EQ(budget.available(start + 2s), 20U);
    EXPECT_EQ(budget.available(start), 20U);
    EXPECT_EQ(take_all(budget, start + 1s), 20);
}

TEST(RetryBudget, is_not_disturbed_by_a_thread_that_is_far_behind) {
    for (const Duration behind : {Duration{16s}, Duration{32s}, Duration{1h}, Duration{16h}}) {
        RetryBudget budget{{100_percent, no_floor}};
        record(budget, 5, start + 20h);
        record(budget, 5, start + 20h + 5s);
        budget.record_call(start + 20h - behind);
        EXPECT_EQ(budget.available(start + 20h + 9s), 11U) << outrigger::to_string(behind);
        EXPECT_EQ(budget.available(start + 20h + 10s), 6U) << outrigger::to_string(behind);
    }
}

// ---- Settings and words

TEST(RetryBudget, refuses_nonsense_with_a_sentence) {
    const auto refusal = [](const Budget& settings) -> std::string {
        try {
            RetryBudget{settings};
        } catch (const std::invalid_argument& refused) {
            return refused.what();
        }
        return {};
    };
    EXPECT_EQ(refusal({}), "");
    EXPECT_EQ(refusal({.ratio = 1.5}), "ratio: found 150%, expected a ratio from 0% to 100%");
    EXPECT_EQ(refusal({.ratio = -0.2}), "ratio: found -0.2, expected a ratio from 0% to 100%");
    EXPECT_EQ(refusal({.ratio = std::numeric_limits<double>::quiet_NaN()}),
              "ratio: found nan, expected a ratio from 0% to 100%");
    EXPECT_EQ(refusal({.floor = rate(2e6)}), "floor: found 2000000/s, expected a rate of at most 1000000/s");
}

TEST(RetryBudget, explains_itself) {
    EXPECT_EQ(RetryBudget{Budget{}}.explain(), "the retry budget (20% of calls, at least 1/s) allowed no more");
    EXPECT_EQ(to_string(Budget{0.125, rate(0.5)}), "12.5% of calls, at least 30/m");
}

}   // namespace
}   // namespace outrigger::resilience
