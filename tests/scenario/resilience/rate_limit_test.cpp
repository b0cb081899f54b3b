// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/rate_limit.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/rng.hpp>

#include <vector>

// Clients before a rate limit, over minutes and hours.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr RateLimit bucket{.rate = 100_per_second, .burst = 20};
constexpr RateLimit window{.rate = 100_per_second, .window = 1s};

struct Served {
    int admitted = 0;
    int refused = 0;
};

// A call each `every`; whoever is refused tries again when he was told to.
Served obedient_client(RateLimiter& limiter, ManualClock& clock, Duration every, Duration length) {
    Served served;
    for (const Instant end = clock.now() + length; clock.now() < end;) {
        const Result<void> asked = limiter.try_acquire(clock.now());
        ++(asked ? served.admitted : served.refused);
        clock.advance(asked ? every : Duration{asked.error().retry_after});
    }
    return served;
}

TEST(RateLimitScenario, a_client_that_stays_below_the_rate_is_never_refused) {
    for (const RateLimit& settings : {bucket, window}) {
        RateLimiter limiter{settings};
        ManualClock clock;
        EXPECT_EQ(obedient_client(limiter, clock, 10ms, 10min).refused, 0);
    }
}

TEST(RateLimitScenario, an_obedient_client_that_wants_more_gets_the_rate_and_one_refusal_for_each_pause) {
    RateLimiter limiter{bucket};
    ManualClock clock;
    const Served served = obedient_client(limiter, clock, 0ms, 1min);
    EXPECT_EQ(served.admitted, 20 + 5999) << "one burst and the rate";
    EXPECT_LE(served.refused, 6000);
    RateLimiter exact{window};
    EXPECT_EQ(obedient_client(exact, clock, 0ms, 1min).admitted, 6000);
}

TEST(RateLimitScenario, a_client_that_ignores_refusals_gets_no_more) {
    for (const RateLimit& settings : {bucket, window}) {
        RateLimiter limiter{settings};
        ManualClock clock;
        int admitted = 0;
        for (int i = 0; i < 600'000; ++i, clock.advance(100us))
            admitted += limiter.try_acquire(clock.now()) ? 1 : 0;
        EXPECT_LE(admitted, 6020);
        EXPECT_GE(admitted, 6000);
        EXPECT_EQ(limiter.refused(), static_cast<std::uint64_t>(600'000 - admitted));
    }
}

TEST(RateLimitScenario, a_window_lets_no_double_share_pass_at_its_edges) {
    RateLimiter limiter{window};
    ManualClock clock;
    clock.advance(999ms);
    int admitted = 0;
    for (int i = 0; i < 1000; ++i) admitted += limiter.try_acquire(clock.now()) ? 1 : 0;
    clock.advance(2ms);   // a fixed window would begin anew
    for (int i = 0; i < 1000; ++i) admitted += limiter.try_acquire(clock.now()) ? 1 : 0;
    EXPECT_EQ(admitted, 100);
}

TEST(RateLimitScenario, a_bunch_each_second_fits_a_bucket_that_holds_it) {
    ManualClock clock;
    RateLimiter small{{.rate = 100_per_second, .burst = 50}};
    RateLimiter large{{.rate = 100_per_second, .burst = 100}};
    int small_refused = 0, large_refused = 0;
    for (int second = 0; second < 60; ++second, clock.advance(1s))
        for (int call = 0; call < 100; ++call) {
            small_refused += small.try_acquire(clock.now()) ? 0 : 1;
            large_refused += large.try_acquire(clock.now()) ? 0 : 1;
        }
    EXPECT_EQ(small_refused, 60 * 50);
    EXPECT_EQ(large_refused, 0);
}

TEST(RateLimitScenario, many_clients_share_one_limit_and_none_starves) {
    RateLimiter limiter{bucket};
    ManualClock clock;
    Rng rng{3};
    std::vector<int> admitted(10);
    for (int i = 0; i < 100'000; ++i, clock.advance(1ms))
        admitted[rng.below(10)] += limiter.try_acquire(clock.now()) ? 1 : 0;
    int all = 0;
    for (const int each : admitted) {
        EXPECT_NEAR(each, 1000, 200);
        all += each;
    }
    EXPECT_EQ(all, 10'019);
}

TEST(RateLimitScenario, a_machine_that_slept_finds_a_full_bucket_and_no_more) {
    RateLimiter limiter{bucket};
    ManualClock clock;
    for (int night = 0; night < 5; ++night, clock.advance(8h)) {
        int admitted = 0;
        for (int i = 0; i < 1000; ++i) admitted += limiter.try_acquire(clock.now()) ? 1 : 0;
        EXPECT_EQ(admitted, 20);
    }
}

}   // namespace
}   // namespace outrigger::resilience
