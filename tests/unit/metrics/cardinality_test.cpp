// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/cardinality.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace outrigger::metrics {
namespace {

TEST(Cardinality, the_largest_family_comes_first_and_in_it_the_label_with_the_most_values) {
    MetricFamily small{.name = "a", .type = MetricType::gauge, .numbers = {{.labels = {}, .value = 1}}};
    MetricFamily large{.name = "h", .type = MetricType::histogram, .series_max = 500, .folded = 7};
    for (int i = 0; i < 10; ++i) {
        const std::string user = "user" + std::to_string(i);
        large.histograms.push_back({.labels = {{"method", i % 2 ? "GET" : "POST"}, {"user", user}}});
    }
    const auto found = cardinality(std::vector{small, large});
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].name, "h");
    EXPECT_EQ(found[0].series, 10U);
    EXPECT_EQ(found[0].series_max, 500U);
    EXPECT_EQ(found[0].folded, 7U);
    ASSERT_EQ(found[0].labels.size(), 2U);
    EXPECT_EQ(found[0].labels[0].name, "user");
    EXPECT_EQ(found[0].labels[0].distinct, 10U);
    EXPECT_EQ(found[0].labels[0].examples, (std::vector<std::string>{"user0", "user1", "user2", "user3", "user4"}));
    EXPECT_EQ(found[0].labels[1].examples, (std::vector<std::string>{"GET", "POST"}));
    EXPECT_TRUE(found[1].labels.empty());
}

TEST(Cardinality, long_values_are_cut_between_characters) {
    const std::string value = std::string(99, 'x') + "\xc3\xbc";
    const std::vector<MetricFamily> families{
        {.name = "a", .type = MetricType::gauge, .numbers = {{.labels = {{"k", value}}, .value = 1}}}};
    EXPECT_EQ(cardinality(families).at(0).labels.at(0).examples.at(0), std::string(99, 'x') + "...");
}

}  // namespace
}  // namespace outrigger::metrics
