// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/registry.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <thread>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(BucketOf, is_the_first_whose_bound_is_not_below_the_value) {
    for (std::size_t count = 1; count <= 40; ++count) {
        const Bounds bounds = linear_bounds(1, 1, count);
        EXPECT_EQ(bucket_of(-infinity, bounds.data(), count), 0U);
        EXPECT_EQ(bucket_of(infinity, bounds.data(), count), count);
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(bucket_of(bounds[i], bounds.data(), count), i);
            EXPECT_EQ(bucket_of(bounds[i] + 0.5, bounds.data(), count), i + 1);
        }
    }
}

TEST(Bounds, are_made_by_steps_and_by_factors) {
    EXPECT_EQ(linear_bounds(1, 2, 3), (Bounds{1, 3, 5}));
    EXPECT_EQ(exponential_bounds(0.5, 2, 4), (Bounds{0.5, 1, 2, 4}));
    EXPECT_THROW((void)linear_bounds(1, 0, 2), std::invalid_argument);
    EXPECT_THROW((void)exponential_bounds(1, 0.5, 2), std::invalid_argument);
    EXPECT_THROW((void)exponential_bounds(1, 1e300, 3), std::invalid_argument);
}

TEST(Histogram, counts_in_buckets_and_the_count_is_their_sum) {
    Registry registry;
    const Histogram histogram = registry.histogram("job_seconds", "Jobs.", {{0.5, 1}}, {.unit = "seconds"});
    histogram.observe(0.5);
    histogram.observe(750ms);
    histogram.observe(-1);
    std::thread{[&] { histogram.observe(8); }}.join();
    const HistogramSeries series = histogram.value();
    ASSERT_EQ(series.buckets.size(), 3U);
    EXPECT_EQ(series.buckets[0].cumulative_count, 2U);
    EXPECT_EQ(series.buckets[1].cumulative_count, 3U);
    EXPECT_EQ(series.buckets[2].cumulative_count, 4U);
    EXPECT_EQ(series.buckets[2].upper_bound, infinity);
    EXPECT_EQ(series.count, 4U);
    EXPECT_EQ(series.sum, 8.25);
    EXPECT_NE(registry.text_page().find("job_seconds_bucket{le=\"1\"} 3\njob_seconds_bucket{le=\"+Inf\"} 4\njob_seconds_sum 8.25\njob_seconds_count 4\n"),
              std::string::npos);
    EXPECT_EQ(registry.collect().at(0).unit, "seconds");
}

TEST(Histogram, a_value_that_is_no_number_is_counted_elsewhere) {
    Registry registry;
    const Histogram histogram = registry.histogram("job_seconds", "Jobs.");
    histogram.observe(std::numeric_limits<double>::quiet_NaN());
    EXPECT_EQ(histogram.value().count, 0U);
    EXPECT_NE(registry.text_page().find("outrigger_metrics_refused_total{family=\"job_seconds\",cause=\"not_finite\"} 1\n"), std::string::npos);
}

TEST(Histogram, keeps_an_exemplar_for_each_bucket) {
    Registry registry;
    const Histogram histogram = registry.histogram("job_seconds", "Jobs.", {{0.5, 1}});
    const WallTime at{5s};
    histogram.observe(0.1, {.trace_id = "a", .at = at});
    histogram.observe(0.2, {.trace_id = "b", .at = at});
    histogram.observe(7, {.trace_id = "c", .at = at});
    const auto exemplars = histogram.value().exemplars;
    ASSERT_EQ(exemplars.size(), 2U);
    EXPECT_EQ(exemplars[0].labels.value("trace_id"), "a");
    EXPECT_EQ(exemplars[1].labels.value("trace_id"), "c");
    EXPECT_EQ(histogram.value().count, 3U);
}

}  // namespace
}  // namespace outrigger::metrics
