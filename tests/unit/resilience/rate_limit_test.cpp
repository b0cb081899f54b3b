// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/rate_limit.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/validate.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

int admitted_at_once(RateLimiter& limiter, Instant now, int calls = 2000) {
    int admitted = 0;
    for (int i = 0; i < calls; ++i) admitted += limiter.try_acquire(now) ? 1 : 0;
    return admitted;
}

TEST(RateLimiter, admits_a_burst_and_then_one_each_interval) {
    ManualClock clock;
    RateLimiter limiter{{.rate = 100_per_second, .burst = 5}};
    EXPECT_EQ(admitted_at_once(limiter, clock.now()), 5);
    clock.advance(10ms - 1ns);
    EXPECT_EQ(admitted_at_once(limiter, clock.now()), 0);
    clock.advance(1ns);
    EXPECT_EQ(admitted_at_once(limiter, clock.now()), 1);
    clock.advance(30ms);
    EXPECT_EQ(admitted_at_once(limiter, clock.now()), 3);
    clock.advance(1h);
    EXPECT_EQ(admitted_at_once(limiter, clock.now()), 5) << "no more than the bucket holds";
}

TEST(RateLimiter, refuses_with_the_pause_after_which_one_is_admitted) {
    for (const RateLimit& settings :
         {RateLimit{.rate = 3_per_second, .burst = 2}, RateLimit{.rate = 3_per_second, .window = 1s}}) {
        ManualClock clock;
        RateLimiter limiter{settings};
        admitted_at_once(limiter, clock.now());
        clock.advance(123'456'789ns);
        for (int i = 0; i < 20; ++i) {
            admitted_at_once(limiter, clock.now());
            const Result<void> refused = limiter.try_acquire(clock.now());
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().reason, Reason::rate_limited);
            const Duration pause = refused.error().retry_after;
            ASSERT_GT(pause, 0ms);
            clock.advance(pause - 1ms);
            EXPECT_FALSE(limiter.try_acquire(clock.now())) << "more than a millisecond too long";
            clock.advance(1ms);
            EXPECT_TRUE(limiter.try_acquire(clock.now())) << "too short";
        }
    }
}

TEST(RateLimiter, tells_whole_milliseconds_where_they_are_whole) {
    const ManualClock clock;
    RateLimiter bucket{{.rate = 50_per_second, .burst = 1}};
    RateLimiter window{{.rate = 50_per_second, .window = 100ms}};
    admitted_at_once(bucket, clock.now());
    admitted_at_once(window, clock.now());
    EXPECT_EQ(bucket.try_acquire(clock.now()).error().retry_after, 20ms);
    EXPECT_EQ(window.try_acquire(clock.now()).error().retry_after, 100ms);
}

TEST(RateLimiter, without_a_burst_holds_what_comes_in_a_second_at_least_one) {
    const ManualClock clock;
    RateLimiter fast{{.rate = 500_per_second}};
    RateLimiter slow{{.rate = Rate::per_second(0.1)}};
    EXPECT_EQ(admitted_at_once(fast, clock.now()), 500);
    EXPECT_EQ(admitted_at_once(slow, clock.now()), 1);
    EXPECT_EQ(slow.try_acquire(clock.now()).error().retry_after, 10s);
}

TEST(RateLimiter, without_a_rate_admits_everybody) {
    const ManualClock clock;
    RateLimiter limiter{RateLimit{}};
    EXPECT_EQ(admitted_at_once(limiter, clock.now(), 10'000), 10'000);
    EXPECT_EQ(limiter.refused(), 0U);
}

TEST(RateLimiter, with_a_window_admits_as_many_as_the_rate_allows_in_it) {
    ManualClock clock;
    RateLimiter limiter{{.rate = 10_per_second, .window = 500ms}};
    EXPECT_EQ(admitted_at_once(limiter, clock.now(), 2), 2);
    clock.advance(400ms);
    EXPECT_EQ(admitted_at_once(limiter, clock.now()), 3);
    clock.advance(100ms);
    EXPECT_EQ(admitted_at_once(limiter, clock.now()), 2) << "the first two have left the window";
    clock.advance(399ms);
    EXPECT_EQ(admitted_at_once(limiter, clock.now()), 0);
    clock.advance(1ms);
    EXPECT_EQ(admitted_at_once(limiter, clock.now()), 3);
}

TEST(RateLimiter, with_a_window_of_one_call_admits_one_each_time) {
    ManualClock clock;
    RateLimiter limiter{{.rate = 1_per_second, .window = 1s}};
    for (int i = 0; i < 1000; ++i) {   // more than the laps that an entry can tell apart
        ASSERT_TRUE(limiter.try_acquire(clock.now()));
        clock.advance(1s - 1us);
        ASSERT_FALSE(limiter.try_acquire(clock.now()));
        clock.advance(1us);
    }
}

TEST(RateLimiter, counts_those_it_refused) {
    const ManualClock clock;
    RateLimiter limiter{{.rate = 1_per_second, .burst = 3}};
    EXPECT_EQ(admitted_at_once(limiter, clock.now(), 10), 3);
    EXPECT_EQ(limiter.refused(), 7U);
}

TEST(RateLimiter, in_shadow_mode_admits_everybody_and_counts_whom_it_would_have_refused) {
    ManualClock clock;
    for (const RateLimit& settings : {RateLimit{.rate = 1_per_second, .burst = 3, .shadow = true},
                                      RateLimit{.rate = 1_per_second, .window = 3s, .shadow = true}}) {
        RateLimiter limiter{settings};
        EXPECT_EQ(admitted_at_once(limiter, clock.now(), 10), 10);
        EXPECT_EQ(limiter.refused(), 7U);
        clock.advance(3s);
        EXPECT_EQ(admitted_at_once(limiter, clock.now(), 10), 10);
        EXPECT_EQ(limiter.refused(), 14U) << "those whom it would have refused used nothing up";
    }
}

const std::vector<RateLimit>& both_kinds() {
    static const std::vector<RateLimit> kinds{{.rate = 10_per_second, .burst = 4},
                                              {.rate = 10_per_second, .window = 400ms}};
    return kinds;
}

TEST(RateLimiter, is_not_broken_by_a_clock_that_stands_still_jumps_or_runs_out) {
    for (const RateLimit& settings : both_kinds()) {
        RateLimiter limiter{settings};
        Instant now{1h};
        EXPECT_EQ(admitted_at_once(limiter, now, 100'000), 4);
        now += 20h;
        EXPECT_EQ(admitted_at_once(limiter, now), 4);
        EXPECT_EQ(admitted_at_once(limiter, now - 10h), 0) << "a late thread gets no second share";
        now += 400ms;
        EXPECT_EQ(admitted_at_once(limiter, now), 4) << "nor has it spoilt anything";
        EXPECT_LE(admitted_at_once(limiter, Instant::max()), 4);
        EXPECT_EQ(admitted_at_once(limiter, Instant::max()), 0);
        EXPECT_GT(limiter.try_acquire(Instant::max()).error().retry_after, 0ms);
        EXPECT_GT(limiter.try_acquire(now).error().retry_after, 1h);
    }
}

TEST(RateLimiter, takes_instants_before_the_beginning_of_time_for_the_beginning) {
    for (const RateLimit& settings : both_kinds()) {
        RateLimiter limiter{settings};
        EXPECT_EQ(admitted_at_once(limiter, Instant{-1h}), 4);
        EXPECT_EQ(admitted_at_once(limiter, Instant{0s}), 0);
        EXPECT_EQ(admitted_at_once(limiter, Instant{401ms}), 4);
    }
}

// At the admitted instants: of any of them and any later one, so many were admitted between.
void expect_never_too_many(const std::vector<Instant>& admitted, const RateLimit& settings) {
    const double rate = settings.rate->per_second();
    double fewest = 0;   // of (calls before it) - rate x (its instant), over all instants so far
    for (std::size_t i = 0; i < admitted.size(); ++i) {
        const double seconds = std::chrono::duration<double>{admitted[i] - admitted[0]}.count();
        fewest = std::min(fewest, static_cast<double>(i) - rate * seconds);
        if (settings.burst) {
            ASSERT_LE(static_cast<double>(i) + 1 - rate * seconds, fewest + *settings.burst + 1e-6)
                << "call " << i;
        } else if (const auto most = static_cast<std::size_t>(
                       rate * std::chrono::duration<double>{*settings.window}.count());
                   i >= most) {
            ASSERT_GE(admitted[i] - admitted[i - most], *settings.window) << "call " << i;
        }
    }
}

TEST(RateLimiter, never_admits_too_many_in_any_time_and_reaches_its_rate) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Rng rng{seed};
        RateLimit settings{
            .rate = Rate::per_second(1.0 + static_cast<double>(rng.below(1'000'000)) * rng.fraction())};
        if (seed % 2)
            settings.burst = static_cast<std::uint32_t>(1 + rng.below(50));
        else
            settings.window = std::chrono::milliseconds{
                1 + 1000 / static_cast<int>(settings.rate->per_second()) + static_cast<int>(rng.below(20))};
        ASSERT_TRUE(validate(settings).empty());
        RateLimiter limiter{settings};
        ManualClock clock;
        const Instant begin = clock.now();
        const double mean_gap = 1e9 / settings.rate->per_second() / static_cast<double>(2 + rng.below(4));
        std::vector<Instant> admitted;
        for (int i = 0; i < 5000; ++i) {   // more calls than are allowed, in bunches and with gaps
            clock.advance(Duration{static_cast<Duration::rep>(2 * mean_gap * rng.fraction() *
                                                              static_cast<double>(rng.below(3)))});
            if (limiter.try_acquire(clock.now())) admitted.push_back(clock.now());
        }
        expect_never_too_many(admitted, settings);
        if (settings.burst && *settings.burst > 10) {
            const double allowed =
                settings.rate->per_second() * std::chrono::duration<double>{clock.now() - begin}.count();
            EXPECT_GE(static_cast<double>(admitted.size()), 0.99 * allowed) << "it keeps behind its rate";
        }
    }
}

// The arguments' order is not that of the calls: each thread's `now` is a little old.
TEST(RateLimiter, never_admits_too_many_when_instants_come_late) {
    for (const RateLimit& settings : {RateLimit{.rate = 1000_per_second, .burst = 8},
                                      RateLimit{.rate = 1000_per_second, .window = 8ms}}) {
        RateLimiter limiter{settings};
        ManualClock clock;
        Rng rng{7};
        std::vector<Instant> admitted;
        for (int i = 0; i < 20'000; ++i) {
            clock.advance(Duration{static_cast<Duration::rep>(rng.below(400'000))});
            const Instant late = clock.now() - Duration{static_cast<Duration::rep>(rng.below(3'000'000))};
            if (limiter.try_acquire(late)) admitted.push_back(late);
        }
        std::sort(admitted.begin(), admitted.end());
        EXPECT_GT(admitted.size(), 1000U);
        expect_never_too_many(admitted, settings);
    }
}

TEST(RateLimit, refuses_nonsense_with_a_sentence) {
    const auto says = [](const RateLimit& settings) {
        const Contradictions found = validate(settings);
        return found.empty() ? std::string{} : found.front().key + ": " + found.front().text;
    };
    EXPECT_EQ(says({}), "");
    EXPECT_EQ(says({.rate = 500_per_second}), "");
    EXPECT_EQ(says({.rate = 0_per_second}), "rate: found 0/s, expected a rate from 1/h to 1000000/s");
    EXPECT_EQ(says({.rate = 5_per_second, .burst = 0}),
              "burst: found 0, expected a whole number from 1 to 1000000");
    EXPECT_EQ(says({.rate = 5_per_second, .window = 0s}),
              "window: found 0s, expected a duration from 1ms to 1h");
    EXPECT_EQ(says({.rate = 5_per_second, .window = -1s}).substr(0, 12), "window: foun");
    EXPECT_EQ(says({.rate = 5_per_second, .burst = 5, .window = 1s}),
              "burst: found a burst and a window, expected one of them: a window admits no burst");
    EXPECT_EQ(says({.burst = 5}), "burst: found a burst without a rate, expected both");
    EXPECT_EQ(says({.window = 5s}), "window: found a window without a rate, expected both");
    EXPECT_EQ(says({.rate = 5_per_second, .window = 100ms}),
              "window: found 100ms, in which a rate of 5/s allows no call, expected one in which it allows "
              "from 1 to 1000000");
    EXPECT_EQ(says({.rate = 1'000'000_per_second, .window = 2s}),
              "window: found 2s, in which a rate of 1000000/s allows more than 1000000 calls, expected one "
              "in which it "
              "allows from 1 to 1000000");
    EXPECT_EQ(says({.rate = Rate::per_second(1.0 / 3600.0), .burst = 1000}),
              "burst: found 1000, expected at most what the rate of 1/h allows in 30 days");
    EXPECT_THROW(RateLimiter{RateLimit{.rate = 0_per_second}}, std::invalid_argument);
    EXPECT_FALSE(Rate::per_second(-1));
    EXPECT_FALSE(Rate::per_second(std::numeric_limits<double>::quiet_NaN()));
}

}   // namespace
}   // namespace outrigger::resilience
