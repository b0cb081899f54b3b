// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/peak_ewma.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

const Instant start{1h};

TEST(PeakEwma, nothing_is_known_of_an_endpoint_that_never_answered) {
    EXPECT_EQ(PeakEwma{}.estimate(start), 0.0);
}

TEST(PeakEwma, the_first_reply_is_believed) {
    PeakEwma latency;
    latency.observe(20ms, start);
    EXPECT_NEAR(latency.estimate(start), 0.020, 1e-6);
}

TEST(PeakEwma, a_peak_counts_at_once) {
    PeakEwma latency;
    latency.observe(20ms, start);
    latency.observe(2s, start + 1ms);
    EXPECT_NEAR(latency.estimate(start + 1ms), 2.0, 1e-3);
}

TEST(PeakEwma, a_peak_is_forgotten_exponentially) {
    PeakEwma latency;
    latency.observe(1s, start);
    EXPECT_NEAR(latency.estimate(start + PeakEwma::decay), std::exp(-1.0), 1e-3);
    latency.observe(100ms, start + PeakEwma::decay);
    // w x 1 s + (1 - w) x 100 ms, w = 1/e
    EXPECT_NEAR(latency.estimate(start + PeakEwma::decay), 0.3679 + 0.6321 * 0.1, 1e-3);
}

TEST(PeakEwma, a_lower_sample_at_the_same_moment_weighs_nothing) {
    PeakEwma latency;
    latency.observe(1s, start);
    latency.observe(1ms, start);
    EXPECT_NEAR(latency.estimate(start), 1.0, 1e-6);
}

TEST(PeakEwma, many_low_samples_at_short_intervals_bring_it_down) {
    PeakEwma latency;
    latency.observe(1s, start);
    Instant now = start;
    for (int i = 0; i < 60'000; ++i) latency.observe(10ms, now += 1ms);   // a minute: six times the decay
    EXPECT_NEAR(latency.estimate(now), 0.010 + std::exp(-6.0), 1e-3);
}

TEST(PeakEwma, a_clock_that_is_a_turn_behind_changes_nothing_but_a_peak) {
    PeakEwma latency;
    latency.observe(100ms, start);
    latency.observe(10ms, start - 5ms);
    EXPECT_NEAR(latency.estimate(start), 0.1, 1e-6);
    latency.observe(200ms, start - 5ms);
    EXPECT_NEAR(latency.estimate(start), 0.2, 1e-3);
}

TEST(PeakEwma, one_that_was_idle_for_days_is_finite_and_not_negative) {
    PeakEwma latency;
    latency.observe(100ms, start);
    for (const Duration idle : {1h, 8h, 12h, 24h, 240h}) {
        EXPECT_GE(latency.estimate(start + idle), 0.0);
        EXPECT_LE(latency.estimate(start + idle), 0.11);
    }
}

TEST(PeakEwma, threads_may_observe_at_once) {
    PeakEwma latency;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&latency] {
            for (int i = 0; i < 1000; ++i) latency.observe(10ms, start + i * 1ms);
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_NEAR(latency.estimate(start + 1s), 0.010, 0.002);
}

}   // namespace
}   // namespace outrigger::upstream
