// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/breaker.hpp>

#include <gtest/gtest.h>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{std::chrono::hours{1}};

TEST(Breaker, opens_when_the_share_of_failures_reaches_the_rate_and_closes_after_its_probes) {
    Rng rng{1};
    CircuitBreaker breaker{{.min_calls = 4, .open_for = 5s, .jitter = 0_percent, .probes = 2}};
    for (const Verdict verdict : {Verdict::success, Verdict::success, Verdict::failure, Verdict::failure})
        breaker.try_acquire(start, rng)->settle(verdict, start + 1ms, rng);
    EXPECT_EQ(explain(breaker.report(start + 801ms)), "open: 2 of 4 failed in 10 s, probing in 4.2 s");
    const auto refused = breaker.try_acquire(start + 1s, rng);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, Reason::circuit_open);
    EXPECT_EQ(refused.error().retry_after, 4001ms);
    const Instant rested = start + 5001ms;
    auto one = breaker.try_acquire(rested, rng);
    auto two = breaker.try_acquire(rested, rng);
    EXPECT_TRUE(one && one->is_probe() && two && two->is_probe());
    EXPECT_FALSE(breaker.try_acquire(rested, rng));
    one->settle(Verdict::success, rested, rng);
    EXPECT_FALSE(breaker.try_acquire(rested, rng)) << "one success and one under way: no third is needed";
    two->settle(Verdict::success, rested, rng);
    EXPECT_EQ(breaker.state(), CircuitState::closed);
}

}  // namespace
}  // namespace outrigger::resilience
