// SPDX-License-Identifier: Apache-2.0
#include "metrics/cells.hpp"

#include <outrigger/metrics/http_server.hpp>

#include <gtest/gtest.h>

namespace outrigger::metrics {
namespace {

TEST(HistogramCell, a_value_on_a_bound_belongs_below_it_and_one_above_to_the_next) {
    constexpr std::array<std::uint64_t, 2> bounds{10, 20};
    HistogramCell<2> cell;
    cell.observe(bounds, 0);
    cell.observe(bounds, 10);
    cell.observe(bounds, 11);
    cell.observe(bounds, 20);
    cell.observe(bounds, 21);
    cell.observe(bounds, UINT64_MAX);
    HistogramTotal<2> total;
    cell.add_to(total);
    EXPECT_EQ(total.counts, (std::array<std::uint64_t, 3>{2, 2, 2}));
    EXPECT_EQ(total.count(), 6U);
}

// Bucket i for the value of bound i, and the next one for a value that is larger by one.
template <std::size_t Bounds>
void expect_each_in_its_bucket(const std::array<std::uint64_t, Bounds>& bounds) {
    for (std::size_t i = 0; i < Bounds; ++i) {
        HistogramCell<Bounds> cell;
        cell.observe(bounds, bounds[i]);
        cell.observe(bounds, bounds[i] + 1);
        HistogramTotal<Bounds> total;
        cell.add_to(total);
        EXPECT_EQ(total.counts[i], 1U) << i;
        EXPECT_EQ(total.counts[i + 1], 1U) << i;
    }
}

TEST(HistogramCell, finds_the_bucket_whether_the_bounds_are_many_few_or_odd) {
    expect_each_in_its_bucket(http_duration_bounds);
    expect_each_in_its_bucket(http_body_size_bounds);
    expect_each_in_its_bucket(overhead_bounds);
    expect_each_in_its_bucket(stream_duration_bounds);
    expect_each_in_its_bucket(std::array<std::uint64_t, 5>{1, 3, 5, 7, 9});
    expect_each_in_its_bucket(std::array<std::uint64_t, 1>{4});
}

TEST(HistogramCell, cells_add_up) {
    constexpr std::array<std::uint64_t, 1> bounds{5};
    HistogramCell<1> one;
    HistogramCell<1> another;
    one.observe(bounds, 3);
    another.observe(bounds, 4);
    another.observe(bounds, 100);
    HistogramTotal<1> total;
    one.add_to(total);
    another.add_to(total);
    EXPECT_EQ(total.counts, (std::array<std::uint64_t, 2>{2, 1}));
    EXPECT_DOUBLE_EQ(total.sum, 107.0);
}

TEST(ActiveCell, what_begun_and_did_not_end_is_active) {
    ActiveCell cell;
    cell.begin();
    cell.begin();
    cell.begin();
    cell.end();
    ActiveCell::Total total;
    cell.add_to(total);
    EXPECT_EQ(total.begun, 3U);
    EXPECT_EQ(total.active, 2U);
}

}  // namespace
}  // namespace outrigger::metrics
