// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/tally.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

TEST(Latencies, without_any_all_are_zero) {
    const Latencies none;
    EXPECT_EQ(none.percentile(0.5), 0s);
    EXPECT_EQ(none.max(), 0s);
}

TEST(Latencies, percentiles_are_nearest_ranks) {
    Latencies latencies;
    for (int i = 20; i >= 1; --i) latencies.add(i * 1ms);
    EXPECT_EQ(latencies.percentile(0.50), 10ms);
    EXPECT_EQ(latencies.percentile(0.95), 19ms);
    EXPECT_EQ(latencies.percentile(1.00), 20ms);
    EXPECT_EQ(latencies.percentile(0.00), 1ms);
    EXPECT_EQ(latencies.max(), 20ms);
}

TEST(Latencies, a_single_one_is_every_percentile) {
    Latencies latencies;
    latencies.add(3ms);
    EXPECT_EQ(latencies.percentile(0.50), 3ms);
    EXPECT_EQ(latencies.percentile(0.95), 3ms);
}

TEST(Latencies, past_their_bound_a_fair_sample_remains_and_the_largest_is_exact) {
    Latencies latencies;
    latencies.add(1h);
    for (std::size_t i = 0; i < 2 * Latencies::samples_max; ++i) latencies.add(1ms);
    for (std::size_t i = 0; i < 2 * Latencies::samples_max; ++i) latencies.add(100ms);
    EXPECT_EQ(latencies.percentile(0.47), 1ms);
    EXPECT_EQ(latencies.percentile(0.53), 100ms);
    EXPECT_EQ(latencies.max(), 1h);
}

Planned planned(std::size_t entry) {
    return {.entry = entry, .request = {.url = "http://127.0.0.1:8080/" + std::to_string(entry)}};
}

TEST(Tally, it_counts_by_route_and_leaves_out_what_was_not_asked) {
    Tally tally;
    tally.count(planned(4), {.status = 503, .took = 30ms});
    tally.count(planned(0), {.status = 200, .took = 10ms});
    tally.count(planned(0), {.status = 404, .took = 20ms});
    const Results results = tally.results(5s);
    ASSERT_EQ(results.routes.size(), 2U);
    EXPECT_EQ(results.took, 5s);
    EXPECT_EQ(results.routes[0].name, mix[0].name);
    EXPECT_EQ(results.routes[0].requests, 2U);
    EXPECT_EQ(results.routes[0].errors, 0U);
    EXPECT_EQ(results.routes[0].p50, 10ms);
    EXPECT_EQ(results.routes[1].name, mix[4].name);
    EXPECT_EQ(results.routes[1].errors, 1U);
    EXPECT_EQ(results.all.requests, 3U);
    EXPECT_EQ(results.all.errors, 1U);
    EXPECT_EQ(results.all.max, 30ms);
    EXPECT_EQ(results.served, 2U);
    EXPECT_EQ(results.reached, 3U);
}

TEST(Tally, a_request_that_found_no_connection_was_not_seen_by_anyone) {
    Tally tally;
    tally.count(planned(0), {.status = 0, .error = "refused", .reached = false});
    tally.count(planned(0), {.status = 0, .error = "timeout"});
    EXPECT_EQ(tally.requests(), 2U);
    EXPECT_EQ(tally.errors(), 2U);
    EXPECT_EQ(tally.results(1s).reached, 1U);
    EXPECT_EQ(tally.results(1s).served, 0U);
}

}  // namespace
}  // namespace outrigger::demo
