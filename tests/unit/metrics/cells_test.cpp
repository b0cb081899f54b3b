// SPDX-License-Identifier: Apache-2.0
#include "metrics/cells.hpp"

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
