// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/scope.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/metrics/registry.hpp>

#include <stdexcept>
#include <utility>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

TEST(Timer, observes_how_long_it_lived) {
    Registry registry;
    ManualClock clock;
    const Histogram histogram = registry.histogram("job_seconds", "h");
    const NativeHistogram native = registry.native_histogram("native_job_seconds", "h");
    {
        const Timer timer{histogram, clock};
        const Timer same{native, clock};
        clock.advance(250ms);
    }
    EXPECT_EQ(histogram.value().count, 1U);
    EXPECT_EQ(histogram.value().sum, 0.25);
    EXPECT_EQ(native.value().sum, 0.25);
}

TEST(Timer, observes_once_or_not_at_all) {
    Registry registry;
    ManualClock clock;
    const Histogram histogram = registry.histogram("job_seconds", "h");
    {
        Timer timer{histogram, clock};
        clock.advance(1s);
        EXPECT_EQ(timer.stop(), 1s);
        clock.advance(1s);
        Timer discarded{histogram, clock};
        discarded.discard();
    }
    EXPECT_EQ(histogram.value().count, 1U);
    EXPECT_EQ(histogram.value().sum, 1);
}

TEST(InFlight, counts_while_it_lives_wherever_it_is_moved) {
    Registry registry;
    const Gauge gauge = registry.gauge("busy", "h");
    {
        InFlight first{gauge};
        InFlight second{gauge};
        EXPECT_EQ(gauge.value(), 2);
        InFlight moved{std::move(first)};
        EXPECT_EQ(gauge.value(), 2);
        second = std::move(moved);
        EXPECT_EQ(gauge.value(), 2);
    }
    EXPECT_EQ(gauge.value(), 0);
}

TEST(CountExceptions, counts_only_a_scope_that_an_exception_leaves) {
    Registry registry;
    const Counter failures = registry.counter("failures_total", "h");
    { const CountExceptions count{failures}; }
    EXPECT_EQ(failures.value(), 0);
    EXPECT_THROW(
        {
            const CountExceptions count{failures};
            throw std::runtime_error{"no"};
        },
        std::runtime_error);
    EXPECT_EQ(failures.value(), 1);
}

}  // namespace
}  // namespace outrigger::metrics
