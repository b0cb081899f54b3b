// SPDX-License-Identifier: Apache-2.0
#include "metrics/http_page.hpp"

#include <gtest/gtest.h>

namespace outrigger::metrics {
namespace {

TEST(HttpPage, has_all_families_even_without_a_recorder) {
    std::vector<MetricFamily> families;
    HttpPage{HttpSide::client, 7}.append_to(families);
    ASSERT_EQ(families.size(), 4U);
    EXPECT_EQ(families[0].name, "http_client_request_duration_seconds");
    EXPECT_EQ(families[0].help, "Duration of HTTP client requests.");
    EXPECT_EQ(families[0].unit, "seconds");
    EXPECT_EQ(families[0].series_max, 7U);
    EXPECT_EQ(families[1].name, "http_client_request_body_size_bytes");
    EXPECT_EQ(families[2].name, "http_client_response_body_size_bytes");
    EXPECT_EQ(families[3].name, "http_client_active_requests");
    for (const auto& family : families) EXPECT_TRUE(family.empty());
}

TEST(HttpPage, the_other_series_of_several_families_is_one) {
    const auto budget = std::make_shared<SeriesBudget>(1);
    HttpFamilies users{HttpSide::client, "users", budget};
    HttpFamilies orders{HttpSide::client, "orders", budget};
    HttpPage page{HttpSide::client, 1};
    for (auto* families : {&users, &orders}) {
        HttpShard& shard = families->take();
        for (const int status : {200, 201}) shard.record({.method = HttpMethod::get, .status = status});
        page.add(families->shards(), families->upstream());
    }
    std::vector<MetricFamily> all;
    std::move(page).append_to(all);
    ASSERT_EQ(all.at(0).histograms.size(), 2U);
    EXPECT_EQ(all[0].histograms[0].labels.value("upstream"), "users");
    EXPECT_EQ(all[0].histograms[1].labels.value("upstream"), "other");
    EXPECT_EQ(all[0].histograms[1].count, 3U);
    EXPECT_EQ(all[0].folded, 3U);
}

}  // namespace
}  // namespace outrigger::metrics
