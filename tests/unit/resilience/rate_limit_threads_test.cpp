// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/rate_limit.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/rng.hpp>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

// Eight threads on one limiter; one clock that all of them move, and read a little before they ask.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr int threads = 8;
constexpr int calls = 4000;

std::vector<Instant> hammer(RateLimiter& limiter) {
    ManualClock clock;
    std::array<std::vector<Instant>, threads> admitted;
    std::vector<std::jthread> running;
    for (std::size_t thread = 0; thread < threads; ++thread)
        running.emplace_back([&, thread] {
            Rng rng{thread};
            for (int i = 0; i < calls; ++i) {
                clock.advance(Duration{static_cast<Duration::rep>(rng.below(20'000))});
                const Instant now = clock.now();
                if (rng.below(8) == 0) std::this_thread::yield();   // so that it is old
                if (limiter.try_acquire(now)) admitted[thread].push_back(now);
            }
        });
    running.clear();
    std::vector<Instant> all;
    for (const auto& some : admitted) all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all.size() + limiter.refused(), static_cast<std::size_t>(threads * calls));
    return all;
}

TEST(RateLimiter, of_eight_threads_together_never_admits_more_than_a_burst_and_its_rate) {
    RateLimiter limiter{{.rate = 10'000_per_second, .burst = 5}};
    const std::vector<Instant> admitted = hammer(limiter);
    for (std::size_t first = 0; first < admitted.size(); ++first)
        for (std::size_t last = first; last < std::min(admitted.size(), first + 200); ++last)
            ASSERT_LE(static_cast<Duration::rep>(last - first + 1),
                      5 + (admitted[last] - admitted[first]) / 100us);
    EXPECT_GT(admitted.size(), 100U);
}

TEST(RateLimiter, of_eight_threads_together_never_admits_more_than_its_window) {
    for (const Rate rate : {10'000_per_second, 1'000_per_second}) {   // ten calls in a window, or one
        RateLimiter limiter{{.rate = rate, .window = 1ms}};
        const auto most = static_cast<std::size_t>(rate.per_second() / 1000);
        const std::vector<Instant> admitted = hammer(limiter);
        for (std::size_t i = most; i < admitted.size(); ++i) ASSERT_GE(admitted[i] - admitted[i - most], 1ms);
        EXPECT_GT(admitted.size(), 50U);
    }
}

}   // namespace
}   // namespace outrigger::resilience
