// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/outcome_window.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/rng.hpp>

#include <deque>
#include <string>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{std::chrono::hours{1}};

Tally sum_of(const auto& calls) {
    Tally sum;
    for (const auto& call : calls) {
        ++sum.calls;
        sum.failures += call.failure ? 1U : 0U;
        sum.slow += call.slow ? 1U : 0U;
    }
    return sum;
}

// ---- By time

TEST(TimeWindow, a_call_counts_until_it_is_as_old_as_the_window) {
    TimeWindow window{10s};
    EXPECT_EQ(window.add(true, false, start), (Tally{1, 1, 0}));
    EXPECT_EQ(window.add(false, true, start + 9s), (Tally{2, 1, 1}));
    EXPECT_EQ(window.total(start + 9999ms), (Tally{2, 1, 1}));
    EXPECT_EQ(window.total(start + 10s), (Tally{1, 0, 1}));
    EXPECT_EQ(window.total(start + 1h), Tally{});
}

TEST(TimeWindow, a_call_at_the_end_of_a_bucket_is_forgotten_with_the_bucket_after_nine_tenths) {
    TimeWindow window{10s};
    window.add(true, true, start);
    window.add(true, true, start + 999ms);
    EXPECT_EQ(window.total(start + 10s - 1ns).calls, 2U);
    EXPECT_EQ(window.total(start + 10s).calls, 0U);
    window.add(false, false, start + 10s);
    window.add(false, false, start + 11s);
    EXPECT_EQ(window.total(start + 20s - 1ns).calls, 2U);
    EXPECT_EQ(window.total(start + 20s).calls, 1U);
}

TEST(TimeWindow, keeps_its_step_when_several_buckets_stay_empty) {
    TimeWindow window{10s};
    for (int second = 0; second < 10; second += 3) window.add(true, false, start + second * 1s);
    EXPECT_EQ(window.total(start + 9s).calls, 4U);
    EXPECT_EQ(window.total(start + 12999ms).calls, 3U);
    EXPECT_EQ(window.total(start + 13s).calls, 2U);
    EXPECT_EQ(window.add(false, false, start + 16s).calls, 2U);
}

TEST(TimeWindow, counts_calls_from_a_little_in_the_past_in_its_newest_bucket) {
    TimeWindow window{10s};
    window.add(false, false, start + 5s);
    EXPECT_EQ(window.add(true, false, start + 1s), (Tally{2, 1, 0}));
    EXPECT_EQ(window.total(start + 14999ms).calls, 2U);
    EXPECT_EQ(window.total(start + 15s).calls, 0U);
}

TEST(TimeWindow, keeps_what_it_has_while_the_clock_stands_still) {
    TimeWindow window{1s};
    for (std::uint64_t i = 1; i <= 1000; ++i) EXPECT_EQ(window.add(false, false, start).calls, i);
}

TEST(TimeWindow, is_empty_after_a_jump_and_goes_on) {
    TimeWindow window{10s};
    for (int i = 0; i < 100; ++i) window.add(true, true, start + i * 100ms);
    EXPECT_EQ(window.add(false, false, start + 5h), (Tally{1, 0, 0}));
    EXPECT_EQ(window.total(start + 5h + 9999ms).calls, 1U);
    EXPECT_EQ(window.total(start + 5h + 10s).calls, 0U);
}

TEST(TimeWindow, a_jump_by_just_its_length_empties_it) {
    TimeWindow window{10s};
    window.add(true, false, start);
    EXPECT_EQ(window.add(false, false, start + 10s), (Tally{1, 0, 0}));
}

TEST(TimeWindow, cleared_is_empty_and_begins_anew) {
    TimeWindow window{10s};
    for (int i = 0; i < 100; ++i) window.add(true, true, start + i * 100ms);
    window.clear(start + 10s);
    EXPECT_EQ(window.total(start + 10s), Tally{});
    EXPECT_EQ(window.add(true, false, start + 10s), (Tally{1, 1, 0}));
    EXPECT_EQ(window.total(start + 20s - 1ns).calls, 1U);
    EXPECT_EQ(window.total(start + 20s).calls, 0U);
}

TEST(TimeWindow, cleared_by_one_whose_clock_lies_behind_is_empty_all_the_same) {
    TimeWindow window{10s};
    window.add(true, true, start + 20s);
    window.clear(start);
    EXPECT_EQ(window.total(start), Tally{});
    EXPECT_EQ(window.add(true, false, start + 20s), (Tally{1, 1, 0}));
}

TEST(TimeWindow, halves_a_full_bucket_so_that_the_shares_stay) {
    TimeWindow window{10s};
    constexpr std::uint64_t full = std::uint64_t{1} << 20U;
    for (std::uint64_t i = 1; i < full; ++i) window.add(i % 4 == 0, i % 2 == 0, start);
    EXPECT_EQ(window.total(start), (Tally{full - 1, full / 4 - 1, full / 2 - 1}));
    window.add(true, true, start);
    EXPECT_EQ(window.total(start), (Tally{full / 2, full / 8, full / 4}));
    for (std::uint64_t i = 0; i < full; ++i) window.add(true, true, start + 1s);
    EXPECT_EQ(window.total(start + 10s).calls, window.total(start + 10s).failures);
    EXPECT_EQ(window.total(start + 10s).calls, full / 2);
}

TEST(TimeWindow, holds_full_buckets_of_failed_and_slow_calls_without_running_over) {
    TimeWindow window{10s};
    constexpr std::uint64_t nearly_full = (std::uint64_t{1} << 20U) - 1;
    for (int i = 0; i < 3; ++i)
        for (std::uint64_t call = 0; call < nearly_full; ++call) window.add(true, true, start + i * 1s);
    EXPECT_EQ(window.total(start + 9s), (Tally{3 * nearly_full, 3 * nearly_full, 3 * nearly_full}));
}

TEST(TimeWindow, too_short_for_ten_buckets_still_counts) {
    TimeWindow window{Duration{3}};
    EXPECT_EQ(window.add(true, false, start), (Tally{1, 1, 0}));
    EXPECT_EQ(window.total(start + 1h), Tally{});
}

TEST(TimeWindow, agrees_with_a_list_of_buckets_over_random_calls) {
    struct Call {
        std::int64_t bucket;
        bool failure;
        bool slow;
    };
    for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Rng rng{seed};
        TimeWindow window{10s};
        std::deque<Call> calls;
        Instant now = start;
        Instant origin = start;   // of the buckets' edges
        std::int64_t newest = -10;
        for (int step = 0; step < 300; ++step) {
            now += rng.below(40) == 0 ? Duration{20s} : Duration{rng.below(1500) * 1'000'000};
            if ((now - origin) / 1s >= newest + 10) {   // nothing is left whose edges would matter
                origin = now;
                newest = 0;
                calls.clear();
            }
            newest = (now - origin) / 1s;
            while (!calls.empty() && calls.front().bucket <= newest - 10) calls.pop_front();
            calls.push_back({newest, rng.below(2) == 0, rng.below(3) == 0});
            EXPECT_EQ(window.add(calls.back().failure, calls.back().slow, now), sum_of(calls)) << "step " << step;
        }
    }
}

// ---- The last so many

TEST(CountWindow, holds_the_last_calls_exactly) {
    CountWindow window{3};
    EXPECT_EQ(window.add(true, false), (Tally{1, 1, 0}));
    EXPECT_EQ(window.add(false, true), (Tally{2, 1, 1}));
    EXPECT_EQ(window.add(false, false), (Tally{3, 1, 1}));
    EXPECT_EQ(window.add(false, false), (Tally{3, 0, 1}));
    window.clear();
    EXPECT_EQ(window.total(), Tally{});
}

TEST(CountWindow, of_one_holds_the_last_call) {
    CountWindow window{1};
    EXPECT_EQ(window.add(true, true), (Tally{1, 1, 1}));
    EXPECT_EQ(window.add(false, false), (Tally{1, 0, 0}));
}

TEST(CountWindow, cleared_fills_anew) {
    CountWindow window{4};
    for (int i = 0; i < 6; ++i) window.add(true, true);
    window.clear();
    for (std::uint64_t i = 1; i <= 4; ++i) EXPECT_EQ(window.add(false, true), (Tally{i, 0, i}));
    EXPECT_EQ(window.add(true, false), (Tally{4, 1, 3}));
}

TEST(CountWindow, of_a_hundred_thousand_failed_and_slow_calls_does_not_run_over) {
    CountWindow window{100'000};
    for (int i = 0; i < 250'000; ++i) window.add(true, true);
    EXPECT_EQ(window.total(), (Tally{100'000, 100'000, 100'000}));
}

TEST(CountWindow, agrees_with_a_list_over_random_calls) {
    struct Call {
        bool failure;
        bool slow;
    };
    for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Rng rng{seed};
        const std::size_t size = 1 + rng.below(50);
        CountWindow window{size};
        std::deque<Call> calls;
        for (int step = 0; step < 300; ++step) {
            calls.push_back({rng.below(2) == 0, rng.below(3) == 0});
            if (calls.size() > size) calls.pop_front();
            EXPECT_EQ(window.add(calls.back().failure, calls.back().slow), sum_of(calls)) << "step " << step;
            if (rng.below(200) == 0) {
                window.clear();
                calls.clear();
            }
        }
    }
}

}  // namespace
}  // namespace outrigger::resilience
