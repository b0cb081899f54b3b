// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/text_page.hpp>

#include <outrigger/metrics/source.hpp>

#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <limits>
#include <vector>

namespace outrigger::metrics {
namespace {

// In prometheus-cpp's model: the page says what comes from there.
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily gauge(std::string name, double value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    return {std::move(name), "help", MetricType::Gauge, {metric}};
}

std::string page(const std::vector<MetricFamily>& families) {
    std::vector<metrics::MetricFamily> ours;
    for (const auto& family : families) ours.push_back(family_of(family));
    return text_page(ours);
}

// The value as it stands behind the name.
std::string written(double value) {
    const std::string text = page({gauge("x", value)});
    const auto from = text.rfind("\nx ") + 3;
    return text.substr(from, text.size() - from - 1);
}

TEST(TextPage, an_empty_page_is_empty) { EXPECT_EQ(page({}), ""); }

TEST(TextPage, families_are_sorted_and_each_has_one_type_line) {
    auto second = gauge("b", 2, {{"k", "1"}});
    second.metric.push_back(gauge("b", 3, {{"k", "2"}}).metric[0]);
    EXPECT_EQ(page({second, gauge("a", 1)}),
              "# HELP a help\n# TYPE a gauge\na 1\n"
              "# HELP b help\n# TYPE b gauge\nb{k=\"1\"} 2\nb{k=\"2\"} 3\n");
}

TEST(TextPage, a_family_without_metrics_or_with_a_bad_name_is_left_out) {
    EXPECT_EQ(
        page({{"empty", "h", MetricType::Gauge, {}}, gauge("9lives", 1), gauge("a-b", 1), gauge("", 1)}), "");
}

TEST(TextPage, a_label_without_value_or_with_a_bad_name_is_left_out) {
    EXPECT_EQ(page({gauge("a", 1, {{"empty", ""}, {"no-dash", "x"}, {"1st", "x"}, {"ok_1", "y"}})}),
              "# HELP a help\n# TYPE a gauge\na{ok_1=\"y\"} 1\n");
    EXPECT_EQ(page({gauge("a", 1, {{"empty", ""}})}), "# HELP a help\n# TYPE a gauge\na 1\n");
}

TEST(TextPage, help_and_label_values_are_escaped_each_in_its_way) {
    auto family = gauge("a", 1, {{"k", "q\" b\\ n\n."}});
    family.help = "q\" b\\ n\n.";
    EXPECT_EQ(page({family}), "# HELP a q\" b\\\\ n\\n.\n# TYPE a gauge\na{k=\"q\\\" b\\\\ n\\n.\"} 1\n");
}

TEST(TextPage, utf8_stays_and_other_bytes_are_replaced) {
    EXPECT_EQ(page({gauge("a", 1, {{"k", "gr\xc3\xbc\xff\xc3"}})}),
              "# HELP a help\n# TYPE a gauge\na{k=\"gr\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd\"} 1\n");
}

TEST(TextPage, numbers_are_the_shortest_that_read_back_the_same) {
    EXPECT_EQ(written(0.1), "0.1");
    EXPECT_EQ(written(1.0 / 3), "0.3333333333333333");
    EXPECT_EQ(written(1e21), "1e+21");
    EXPECT_EQ(written(123456789), "123456789");
    EXPECT_EQ(written(-0.5), "-0.5");
    EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "NaN");
    EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "+Inf");
    EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(TextPage, counters_untyped_metrics_and_timestamps) {
    ClientMetric metric;
    metric.counter.value = 7;
    metric.untyped.value = 8;
    metric.timestamp_ms = 1763596800123;
    EXPECT_EQ(
        page({{"c_total", "", MetricType::Counter, {metric}}, {"u", "", MetricType::Untyped, {metric}}}),
        "# HELP c_total \n# TYPE c_total counter\nc_total 7 1763596800123\n"
        "# HELP u \n# TYPE u untyped\nu 8 1763596800123\n");
}

TEST(TextPage, a_histogram_has_buckets_sum_and_count) {
    ClientMetric metric;
    metric.label = {{"k", "v"}};
    metric.histogram = {3, 1.75, {{1, 0.5}, {2, 1.0}, {3, std::numeric_limits<double>::infinity()}}};
    EXPECT_EQ(
        page({{"h", "", MetricType::Histogram, {metric}}}),
        "# HELP h \n# TYPE h histogram\n"
        "h_bucket{k=\"v\",le=\"0.5\"} 1\nh_bucket{k=\"v\",le=\"1\"} 2\nh_bucket{k=\"v\",le=\"+Inf\"} 3\n"
        "h_sum{k=\"v\"} 1.75\nh_count{k=\"v\"} 3\n");
}

TEST(TextPage, a_histogram_that_brings_no_last_bucket_gets_one) {
    ClientMetric metric;
    metric.histogram = {3, 1.75, {{1, 0.5}}};
    EXPECT_EQ(page({{"h", "", MetricType::Histogram, {metric}}}),
              "# HELP h \n# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 3\nh_sum "
              "1.75\nh_count 3\n");
}

TEST(TextPage, a_summary_has_quantiles_sum_and_count) {
    ClientMetric metric;
    metric.summary = {2, 3.5, {{0.5, 1.5}, {0.99, std::numeric_limits<double>::quiet_NaN()}}};
    EXPECT_EQ(page({{"s", "", MetricType::Summary, {metric}}}),
              "# HELP s \n# TYPE s summary\ns{quantile=\"0.5\"} 1.5\ns{quantile=\"0.99\"} NaN\ns_sum "
              "3.5\ns_count 2\n");
}

TEST(TextPage, the_content_type_names_the_version) {
    EXPECT_EQ(text_content_type, "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace
}  // namespace outrigger::metrics
