// SPDX-License-Identifier: Apache-2.0
// A protected call takes no memory: counted on every policy, passing and refusing.
#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/resilience/configured_pipeline.hpp>

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/sim/allocation_count.hpp"

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

class Allocation : public testing::Test {
protected:
    void SetUp() override {
        if (sim::allocations_are_counted()) return;
        std::puts("SKIPPED: a sanitizer owns the allocator");
        GTEST_SKIP();
    }
    template <class P, class Function>
    static std::uint64_t made_by(P& calls, Function function) {
        const std::uint64_t before = sim::allocations();
        for (int i = 0; i < 1000; ++i) (void)calls.run(function);
        return sim::allocations() - before;
    }

    const Timeout timeout{.limit = 2s};
    const RateLimit rate{.rate = 1'000'000_per_second, .burst = 1'000'000};
    const Bulkhead bulkhead{.concurrent = 5};
    const Retry retry{.attempts = 3, .per_try_timeout = 1s, .backoff = Backoff::constant(0s)};
    const Breaker breaker{.slow_call = 1s, .consecutive = 5};
    SystemBlockingClock clock;
    const PipelineOptions options{.name = "p", .clock = &clock};
};

TEST_F(Allocation, none_is_made_by_a_call_through_all_policies) {
    auto calls = pipeline(options, timeout, rate, bulkhead, retry, breaker, Fallback{[](const Fault&) { return 1; }});
    EXPECT_EQ(made_by(calls, [](Call&) { return 1; }), 0U);
    EXPECT_EQ(made_by(calls, [](Call&) -> Result<int> { return Fault{Reason::upstream_reset}; }), 0U) << "a fallback";
    ConfiguredPipeline configured{options, {timeout, rate, bulkhead, retry, breaker}};
    EXPECT_EQ(made_by(configured, [](Call&) { return 1; }), 0U);
}

TEST_F(Allocation, none_is_made_by_retries_by_an_opening_circuit_and_by_its_refusals) {
    auto calls = pipeline(options, timeout, retry, breaker);
    EXPECT_EQ(made_by(calls, [](Call&) -> Result<int> { return Fault{Reason::upstream_reset}; }), 0U);
    EXPECT_EQ(calls.policy<Breaker>().state(), CircuitState::open);
    EXPECT_GT(calls.policy<Breaker>().report(clock.now()).refused, 900U);
}

}  // namespace
}  // namespace outrigger::resilience
