// SPDX-License-Identifier: Apache-2.0
#include "metrics/http_families.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace outrigger::metrics {
namespace {

TEST(HttpFamilies, a_shard_that_was_given_back_is_lent_again) {
    HttpFamilies families{500};
    HttpShard& first = families.take();
    HttpShard& second = families.take();
    EXPECT_NE(&first, &second);
    families.give_back(first);
    EXPECT_EQ(&families.take(), &first);
}

TEST(HttpFamilies, the_same_labels_are_the_same_series) {
    HttpFamilies families{2};
    const HttpSeries& one = families.admit({.method = HttpMethod::get, .route = "/a", .status = 200});
    EXPECT_EQ(&families.admit({.method = HttpMethod::get, .route = "/a", .status = 200}), &one);
    EXPECT_NE(&families.admit({.method = HttpMethod::get, .route = "/a", .status = 201}), &one);
    EXPECT_TRUE(families.admit({.method = HttpMethod::get, .route = "/a", .status = 202}).overflow);
}

std::uint64_t duration_count(const HttpFamilies& families) {
    std::uint64_t all = 0;
    std::vector<MetricFamily> collected;
    families.collect(collected);
    for (const auto& series : collected.at(0).histograms) {
        EXPECT_EQ(series.buckets.back().cumulative_count, series.count);
        all += series.count;
    }
    return all;
}

// Recorders come and go and invent label sets while a scraper reads: the thread sanitizer watches, the sum is
// exact.
TEST(HttpFamilies, what_threads_recorded_is_what_is_scraped) {
    constexpr int threads = 4;
    constexpr int rounds = 5;
    constexpr int calls = 2'000;
    HttpFamilies families{50};
    std::atomic<bool> done{false};
    std::thread scraper{[&] {
        for (std::uint64_t last = 0; !done.load();) {
            const auto now = duration_count(families);
            EXPECT_GE(now, last);
            last = now;
        }
    }};
    std::vector<std::thread> recorders;
    for (int thread = 0; thread < threads; ++thread)
        recorders.emplace_back([&families] {
            for (int round = 0; round < rounds; ++round) {
                HttpShard& shard = families.take();
                for (int i = 0; i < calls; ++i)
                    shard.record(
                        {.method = HttpMethod::get, .status = 200 + i % 100, .duration = Duration{i}});
                families.give_back(shard);
            }
        });
    for (auto& recorder : recorders) recorder.join();
    done = true;
    scraper.join();
    EXPECT_EQ(duration_count(families), std::uint64_t{threads} * rounds * calls);
}

}  // namespace
}  // namespace outrigger::metrics
