// SPDX-License-Identifier: Apache-2.0
#include "logging/site_limit.hpp"

#include <gtest/gtest.h>

#include <source_location>

namespace {

using namespace outrigger::logging;

const std::source_location here = std::source_location::current();
const std::source_location there = std::source_location::current();

TEST(SiteLimit, so_many_of_a_second_pass_and_the_rest_is_told_later) {
    SiteLimit limit{2};
    EXPECT_TRUE(limit.ask(here, Level::info, 7).passes);
    EXPECT_TRUE(limit.ask(here, Level::info, 7).passes);
    EXPECT_FALSE(limit.ask(here, Level::info, 7).passes);
    EXPECT_FALSE(limit.ask(here, Level::warn, 7).passes);
    const auto next = limit.ask(here, Level::info, 8);
    EXPECT_TRUE(next.passes);
    EXPECT_EQ(next.before.count, 2u);
    EXPECT_EQ(next.before.level, Level::warn);
    EXPECT_EQ(next.before.origin.line(), here.line());
    EXPECT_EQ(limit.ask(here, Level::info, 9).before.count, 0u) << "told once";
}

TEST(SiteLimit, each_place_has_its_own_count) {
    SiteLimit limit{1};
    EXPECT_TRUE(limit.ask(here, Level::info, 1).passes);
    EXPECT_TRUE(limit.ask(there, Level::info, 1).passes);
    EXPECT_FALSE(limit.ask(there, Level::info, 1).passes);
}

TEST(SiteLimit, what_no_later_record_tells_can_be_fetched_once_its_second_is_over) {
    SiteLimit limit{1};
    for (int i = 0; i < 5; ++i) (void)limit.ask(here, Level::error, 1);
    EXPECT_FALSE(limit.take_untold(1));
    const auto untold = limit.take_untold(2);
    ASSERT_TRUE(untold);
    EXPECT_EQ(untold->count, 4u);
    EXPECT_FALSE(limit.take_untold(2));
}

TEST(SiteLimit, without_a_rate_it_is_off) {
    SiteLimit limit{0};
    EXPECT_FALSE(limit.is_on());
    EXPECT_FALSE(limit.take_untold(0));
}

}   // namespace
