// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/native_histogram.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/rng.hpp>
#include <outrigger/metrics/registry.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

namespace outrigger::metrics {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Index and count of every bucket, as a server reads spans and deltas.
std::vector<std::pair<std::int32_t, std::int64_t>> expanded(const std::vector<BucketSpan>& spans,
                                                            const std::vector<std::int64_t>& deltas) {
    std::vector<std::pair<std::int32_t, std::int64_t>> buckets;
    std::int32_t index = 0;
    std::int64_t count = 0;
    std::size_t at = 0;
    for (const auto& span : spans) {
        index += span.offset;
        for (std::uint32_t i = 0; i < span.length; ++i) buckets.emplace_back(index++, count += deltas.at(at++));
    }
    EXPECT_EQ(at, deltas.size());
    return buckets;
}

std::int64_t total(const HistogramSeries& series) {
    auto all = static_cast<std::int64_t>(series.native->zero_count);
    for (const auto& bucket : expanded(series.native->positive_spans, series.native->positive_deltas)) all += bucket.second;
    for (const auto& bucket : expanded(series.native->negative_spans, series.native->negative_deltas)) all += bucket.second;
    return all;
}

// The upper bound of the bucket that holds the quantile; positive observations only.
double quantile(const HistogramSeries& series, double q) {
    const double rank = q * static_cast<double>(series.count);
    double below = static_cast<double>(series.native->zero_count);
    for (const auto& [index, count] : expanded(series.native->positive_spans, series.native->positive_deltas)) {
        below += static_cast<double>(count);
        if (below >= rank) return std::exp2(std::ldexp(index, -series.native->schema));
    }
    return infinity;
}

TEST(NativeHistogram, counts_by_sign_and_zero) {
    Registry registry;
    const NativeHistogram histogram = registry.native_histogram("x", "h", {.growth_factor = 2, .zero_threshold = 0.001});
    for (const double value : {1.0, 1.5, 4.0, -4.0, 0.0, 0.001, -0.0005}) histogram.observe(value);
    const HistogramSeries series = histogram.value();
    EXPECT_EQ(series.count, 7U);
    EXPECT_DOUBLE_EQ(series.sum, 1.0 + 1.5 + 4.0 - 4.0 + 0.0 + 0.001 - 0.0005);
    EXPECT_TRUE(series.buckets.empty());
    ASSERT_TRUE(series.native);
    EXPECT_EQ(series.native->schema, 0);
    EXPECT_EQ(series.native->zero_threshold, 0.001);
    EXPECT_EQ(series.native->zero_count, 3U);
    using Buckets = std::vector<std::pair<std::int32_t, std::int64_t>>;
    EXPECT_EQ(expanded(series.native->positive_spans, series.native->positive_deltas), (Buckets{{0, 1}, {1, 1}, {2, 1}}));
    EXPECT_EQ(expanded(series.native->negative_spans, series.native->negative_deltas), (Buckets{{2, 1}}));
}

TEST(NativeHistogram, an_empty_one_still_has_its_threshold) {
    Registry registry;
    const HistogramSeries series = registry.native_histogram("x", "h").value();
    EXPECT_EQ(series.count, 0U);
    EXPECT_EQ(series.native->schema, 3);
    EXPECT_EQ(series.native->zero_threshold, std::ldexp(1.0, -128));
}

TEST(NativeHistogram, the_extremes_have_their_buckets_and_no_number_is_refused) {
    Registry registry;
    const NativeHistogram histogram = registry.native_histogram("x", "h", {.zero_threshold = 0});
    for (const double value : {std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max(), infinity, -infinity})
        histogram.observe(value);
    histogram.observe(std::numeric_limits<double>::quiet_NaN());
    EXPECT_EQ(histogram.value().count, 4U);
    EXPECT_EQ(total(histogram.value()), 4);
    EXPECT_NE(registry.text_page().find("outrigger_metrics_refused_total{family=\"x\",cause=\"not_finite\"} 1\n"), std::string::npos);
}

TEST(NativeHistogram, quantiles_are_within_the_error_of_the_schema) {
    for (const double growth : {1.01, 1.1, 2.0}) {
        Registry registry;
        const NativeHistogram histogram = registry.native_histogram("x", "h", {.growth_factor = growth, .buckets_max = 1024});
        Rng rng{11};
        std::vector<double> exact;
        for (int i = 0; i < 20'000; ++i) {
            exact.push_back(std::exp2(rng.fraction() * rng.fraction() * 8 - 6));
            histogram.observe(exact.back());
        }
        std::sort(exact.begin(), exact.end());
        const HistogramSeries series = histogram.value();
        const double width = std::exp2(std::ldexp(1.0, -series.native->schema));
        EXPECT_LE(width, growth);
        for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
            const double wanted = exact[static_cast<std::size_t>(std::ceil(q * 20'000)) - 1];
            EXPECT_GE(quantile(series, q), wanted * (1 - 1e-12));
            EXPECT_LE(quantile(series, q), wanted * width * (1 + 1e-12));
        }
    }
}

TEST(NativeHistogram, too_many_buckets_halve_the_resolution_and_keep_the_counts) {
    Registry registry;
    const NativeHistogram histogram = registry.native_histogram("x", "h", {.buckets_max = 10});
    for (int i = 0; i < 1'000; ++i) histogram.observe(1 + i * 0.01);   // 3.5 octaves: 28 buckets at schema 3
    const HistogramSeries series = histogram.value();
    EXPECT_EQ(series.native->schema, 1);
    EXPECT_LE(series.native->positive_deltas.size(), 10U);
    EXPECT_EQ(total(series), 1'000);
    EXPECT_EQ(series.count, 1'000U);
}

TEST(NativeHistogram, threads_that_widened_differently_are_joined_at_the_coarsest) {
    Registry registry;
    const NativeHistogram histogram = registry.native_histogram("x", "h", {.growth_factor = 1.003, .buckets_max = 256});
    std::thread{[&] {
        for (int i = 0; i < 100; ++i) histogram.observe(std::exp2(i * 0.1));
    }}.join();
    std::thread{[&] { histogram.observe(1.5); }}.join();
    histogram.observe(1.5);
    EXPECT_LT(histogram.value().native->schema, 8);
    EXPECT_EQ(total(histogram.value()), 102);
}

TEST(NativeHistogram, classic_buckets_besides_if_asked_for) {
    Registry registry;
    const NativeHistogram histogram = registry.native_histogram("x_seconds", "h", {.classic_bounds = {0.5, 1}});
    for (const double value : {0.1, 0.5, 0.7, 3.0}) histogram.observe(value);
    EXPECT_NE(registry.text_page().find("x_seconds_bucket{le=\"0.5\"} 2\nx_seconds_bucket{le=\"1\"} 3\nx_seconds_bucket{le=\"+Inf\"} 4\nx_seconds_sum 4.3\nx_seconds_count 4\n"),
              std::string::npos) << registry.text_page();
}

TEST(NativeHistogram, keeps_exemplars_of_different_magnitudes) {
    Registry registry;
    const NativeHistogram histogram = registry.native_histogram("x", "h");
    const WallTime at{std::chrono::seconds{5}};
    histogram.observe(1.5, {.trace_id = "a", .at = at});
    histogram.observe(1.6, {.trace_id = "b", .at = at});
    histogram.observe(0.1, {.trace_id = "c", .at = at});
    histogram.observe(5.0, {.trace_id = "d", .at = at});
    EXPECT_EQ(histogram.value().exemplars.size(), 3U);
    EXPECT_EQ(histogram.value().count, 4U);
}

TEST(NativeHistogram, what_threads_observed_is_what_is_scraped_while_they_end_and_widen) {
    constexpr int rounds = 5;
    constexpr int threads = 3;
    constexpr int calls = 1'000;
    Registry registry;
    const NativeHistogram histogram = registry.native_histogram("x", "h", {.growth_factor = 1.003});
    std::atomic<bool> done{false};
    std::thread scraper{[&] {
        for (std::uint64_t last = 0; !done.load();) {
            const HistogramSeries series = histogram.value();
            EXPECT_EQ(total(series), static_cast<std::int64_t>(series.count));
            EXPECT_GE(series.count, last);
            last = series.count;
        }
    }};
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::thread> observing;
        for (int thread = 0; thread < threads; ++thread)
            observing.emplace_back([&histogram, round, thread] {
                Rng rng{static_cast<std::uint64_t>(round * threads + thread + 1)};
                for (int i = 0; i < calls; ++i) histogram.observe((rng.fraction() - 0.3) * std::exp2(i * 0.02));
            });
        for (auto& thread : observing) thread.join();
    }
    done = true;
    scraper.join();
    EXPECT_EQ(histogram.value().count, std::uint64_t{rounds} * threads * calls);
}

}  // namespace
}  // namespace outrigger::metrics
