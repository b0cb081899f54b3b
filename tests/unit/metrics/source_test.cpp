// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/source.hpp>

#include <gtest/gtest.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <limits>
#include <stdexcept>

namespace outrigger::metrics {
namespace {

namespace theirs = prometheus;
constexpr double infinity = std::numeric_limits<double>::infinity();

theirs::MetricFamily family(theirs::MetricType type) {
    theirs::ClientMetric metric;
    metric.label = {{"k", "v"}, {"le", "1"}, {"quantile", "1"}};
    metric.counter.value = 1;
    metric.gauge.value = 2;
    metric.untyped.value = 3;
    metric.histogram = {4, 1.5, {{1, 0.5}, {4, infinity}}};
    metric.summary = {5, 2.5, {{0.5, 1.5}}};
    metric.timestamp_ms = 6;
    return {"name", "help", type, {metric}};
}

TEST(SourceOfPrometheusCpp, numbers_come_with_labels_and_time) {
    const MetricFamily counter = family_of(family(theirs::MetricType::Counter));
    EXPECT_EQ(counter.name, "name");
    EXPECT_EQ(counter.help, "help");
    EXPECT_EQ(counter.type, MetricType::counter);
    ASSERT_EQ(counter.numbers.size(), 1U);
    EXPECT_EQ(counter.numbers[0].value, 1);
    EXPECT_EQ(counter.numbers[0].timestamp_ms, 6);
    EXPECT_EQ(counter.numbers[0].labels.text(), "k=\"v\",le=\"1\",quantile=\"1\"");
    EXPECT_EQ(family_of(family(theirs::MetricType::Gauge)).numbers.at(0).value, 2);
    EXPECT_EQ(family_of(family(theirs::MetricType::Untyped)).numbers.at(0).value, 3);
}

TEST(SourceOfPrometheusCpp, a_label_that_the_type_reserves_is_dropped) {
    const MetricFamily histogram = family_of(family(theirs::MetricType::Histogram));
    ASSERT_EQ(histogram.histograms.size(), 1U);
    EXPECT_EQ(histogram.histograms[0].labels.text(), "k=\"v\",quantile=\"1\"");
    EXPECT_EQ(histogram.histograms[0].count, 4U);
    EXPECT_EQ(histogram.histograms[0].buckets.at(0).upper_bound, 0.5);
    const MetricFamily summary = family_of(family(theirs::MetricType::Summary));
    ASSERT_EQ(summary.summaries.size(), 1U);
    EXPECT_EQ(summary.summaries[0].labels.text(), "k=\"v\",le=\"1\"");
    EXPECT_EQ(summary.summaries[0].quantiles.at(0).value, 1.5);
}

TEST(SourceOfPrometheusCpp, what_goes_in_comes_out) {
    for (const auto type : {theirs::MetricType::Counter, theirs::MetricType::Gauge, theirs::MetricType::Untyped}) {
        const auto back = prometheus_family_of(family_of(family(type)));
        EXPECT_EQ(back.type, type);
        const auto& metric = back.metric.at(0);
        EXPECT_EQ(metric.counter.value + metric.gauge.value + metric.untyped.value,
                  type == theirs::MetricType::Counter ? 1 : type == theirs::MetricType::Gauge ? 2 : 3);
        EXPECT_EQ(metric.timestamp_ms, 6);
    }
    const auto histogram = prometheus_family_of(family_of(family(theirs::MetricType::Histogram)));
    EXPECT_EQ(histogram.metric.at(0).histogram.bucket.size(), 2U);
    const auto summary = prometheus_family_of(family_of(family(theirs::MetricType::Summary)));
    EXPECT_EQ(summary.metric.at(0).summary.quantile.size(), 1U);
}

TEST(SourceForPrometheusCpp, a_native_histogram_keeps_only_what_can_be_said) {
    MetricFamily ours{.name = "h", .help = "", .type = MetricType::histogram};
    ours.histograms.push_back({.labels = {{"k", "v"}}, .count = 7, .sum = 3.5, .buckets = {}, .native = NativeBuckets{}});
    const auto outside = prometheus_family_of(ours);
    EXPECT_EQ(outside.type, theirs::MetricType::Histogram);
    const auto& histogram = outside.metric.at(0).histogram;
    EXPECT_EQ(histogram.sample_count, 7U);
    ASSERT_EQ(histogram.bucket.size(), 1U);
    EXPECT_EQ(histogram.bucket[0].upper_bound, infinity);
    EXPECT_EQ(histogram.bucket[0].cumulative_count, 7U);
}

TEST(SourceForPrometheusCpp, info_and_state_set_are_gauges) {
    for (const auto type : {MetricType::info, MetricType::state_set}) {
        const auto outside = prometheus_family_of(
            {.name = "x", .help = "", .type = type, .numbers = {{.labels = {}, .value = 1}}});
        EXPECT_EQ(outside.type, theirs::MetricType::Gauge) << to_string(type);
        EXPECT_EQ(outside.metric.at(0).gauge.value, 1) << to_string(type);
    }
}

TEST(SourceForPrometheusCpp, nothing_is_refused) {
    EXPECT_THROW((void)source_of(nullptr), std::invalid_argument);
    EXPECT_THROW((void)collectable_of(nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace outrigger::metrics
