// SPDX-License-Identifier: Apache-2.0
#include "metrics/published_list.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace outrigger::metrics {
namespace {

std::vector<int> contents(const PublishedList<int>& list) {
    std::vector<int> all;
    list.each([&all](const int& item) { all.push_back(item); });
    return all;
}

TEST(PublishedList, keeps_the_order_over_all_segments) {
    std::deque<int> items;
    PublishedList<int> list;
    for (int i = 0; i < 1'000; ++i) EXPECT_EQ(list.add(items.emplace_back(i)), static_cast<std::uint32_t>(i));
    const auto found = contents(list);
    EXPECT_EQ(found, (std::vector<int>{items.begin(), items.end()}));
    EXPECT_EQ(list.places(), 1'000U);
}

TEST(PublishedList, a_hole_is_filled_again) {
    int a = 1, b = 2, c = 3, d = 4;
    PublishedList<int> list;
    list.add(a);
    const auto place = list.add(b);
    list.add(c);
    list.remove(place);
    EXPECT_EQ(contents(list), (std::vector<int>{1, 3}));
    EXPECT_EQ(list.add(d), place);
    EXPECT_EQ(contents(list), (std::vector<int>{1, 4, 3}));
}

}  // namespace
}  // namespace outrigger::metrics
