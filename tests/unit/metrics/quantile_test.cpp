// SPDX-License-Identifier: Apache-2.0
#include "metrics/quantile.hpp"

#include <gtest/gtest.h>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::uint64_t, 3> bounds{10, 20, 40};

HistogramTotal<3> of(std::array<std::uint64_t, 4> counts) { return {counts, 0.0}; }
Duration at(std::array<std::uint64_t, 4> counts, double share) { return quantile(of(counts), bounds, share)->at; }

TEST(Quantile, of_nothing_is_nothing) { EXPECT_FALSE(quantile(of({}), bounds, 0.5)); }

TEST(Quantile, is_interpolated_within_its_bucket) {
    EXPECT_EQ(at({4, 0, 0, 0}, 0.5), 5ns);
    EXPECT_EQ(at({0, 4, 0, 0}, 0.5), 15ns);
    EXPECT_EQ(at({0, 4, 0, 0}, 1.0), 20ns);
    EXPECT_EQ(at({1, 0, 1, 0}, 0.5), 10ns) << "the first bucket's end";
    EXPECT_EQ(at({1, 0, 1, 0}, 0.75), 30ns);
    EXPECT_EQ(at({98, 1, 1, 0}, 0.99), 20ns);
}

TEST(Quantile, beyond_the_highest_bound_is_said_to_be_so) {
    EXPECT_TRUE(quantile(of({1, 0, 0, 9}), bounds, 0.5)->beyond);
    EXPECT_EQ(at({1, 0, 0, 9}, 0.5), 40ns);
    EXPECT_FALSE(quantile(of({9, 0, 0, 1}), bounds, 0.5)->beyond);
}

}  // namespace
}  // namespace outrigger::metrics
