// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/source.hpp>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <limits>
#include <stdexcept>
#include <utility>

namespace outrigger::metrics {
namespace {

namespace theirs = prometheus;

constexpr double infinity = std::numeric_limits<double>::infinity();

MetricType type_of(theirs::MetricType type) noexcept {
    switch (type) {
        case theirs::MetricType::Counter: return MetricType::counter;
        case theirs::MetricType::Gauge: return MetricType::gauge;
        case theirs::MetricType::Summary: return MetricType::summary;
        case theirs::MetricType::Histogram: return MetricType::histogram;
        default: return MetricType::unknown;   // untyped, and what later versions of prometheus-cpp add
    }
}

theirs::MetricType type_of(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter: return theirs::MetricType::Counter;
        case MetricType::histogram: return theirs::MetricType::Histogram;
        case MetricType::summary: return theirs::MetricType::Summary;
        case MetricType::unknown: return theirs::MetricType::Untyped;
        case MetricType::gauge:
        case MetricType::info:
        case MetricType::state_set: break;
    }
    return theirs::MetricType::Gauge;
}

Labels labels_of(const theirs::ClientMetric& metric, std::string_view reserved) {
    std::vector<Label> labels;
    labels.reserve(metric.label.size());
    for (const auto& label : metric.label)
        if (label.name != reserved) labels.push_back({label.name, label.value});
    return Labels{labels};
}

HistogramSeries histogram_of(const theirs::ClientMetric& metric) {
    HistogramSeries series{.labels = labels_of(metric, "le"),
                           .count = metric.histogram.sample_count,
                           .sum = metric.histogram.sample_sum,
                           .buckets = {},
                           .timestamp_ms = metric.timestamp_ms};
    for (const auto& bucket : metric.histogram.bucket)
        series.buckets.push_back({bucket.upper_bound, bucket.cumulative_count});
    return series;
}

SummarySeries summary_of(const theirs::ClientMetric& metric) {
    SummarySeries series{.labels = labels_of(metric, "quantile"),
                         .count = metric.summary.sample_count,
                         .sum = metric.summary.sample_sum,
                         .quantiles = {},
                         .timestamp_ms = metric.timestamp_ms};
    for (const auto& entry : metric.summary.quantile) series.quantiles.push_back({entry.quantile, entry.value});
    return series;
}

double number_of(const theirs::ClientMetric& metric, MetricType type) noexcept {
    if (type == MetricType::counter) return metric.counter.value;
    return type == MetricType::gauge ? metric.gauge.value : metric.untyped.value;
}

template <class Series>
theirs::ClientMetric metric_of(const Series& series) {
    theirs::ClientMetric metric;
    for (const auto& label : series.labels.all())
        metric.label.push_back({std::string{label.name}, std::string{label.value}});
    metric.timestamp_ms = series.timestamp_ms;
    return metric;
}

theirs::ClientMetric metric_of(const NumberSeries& series, MetricType type) {
    theirs::ClientMetric metric = metric_of(series);
    if (type == MetricType::counter)
        metric.counter.value = series.value;
    else if (type == MetricType::unknown)
        metric.untyped.value = series.value;
    else
        metric.gauge.value = series.value;
    return metric;
}

theirs::ClientMetric metric_of_histogram(const HistogramSeries& series) {
    theirs::ClientMetric metric = metric_of(series);
    metric.histogram.sample_count = series.count;
    metric.histogram.sample_sum = series.sum;
    for (const auto& bucket : series.buckets)
        metric.histogram.bucket.push_back({bucket.cumulative_count, bucket.upper_bound});
    if (series.buckets.empty() || series.buckets.back().upper_bound != infinity)
        metric.histogram.bucket.push_back({series.count, infinity});
    return metric;
}

theirs::ClientMetric metric_of_summary(const SummarySeries& series) {
    theirs::ClientMetric metric = metric_of(series);
    metric.summary.sample_count = series.count;
    metric.summary.sample_sum = series.sum;
    for (const auto& entry : series.quantiles) metric.summary.quantile.push_back({entry.quantile, entry.value});
    return metric;
}

class Inwards final : public Source {
public:
    explicit Inwards(std::shared_ptr<theirs::Collectable> from) : from_{std::move(from)} {}
    void collect(std::vector<MetricFamily>& into) const override {
        for (const auto& family : from_->Collect()) into.push_back(family_of(family));
    }

private:
    std::shared_ptr<theirs::Collectable> from_;
};

class Outwards final : public theirs::Collectable {
public:
    explicit Outwards(std::shared_ptr<const Source> from) : from_{std::move(from)} {}
    std::vector<theirs::MetricFamily> Collect() const override {
        std::vector<MetricFamily> families;
        from_->collect(families);
        std::vector<theirs::MetricFamily> outside;
        outside.reserve(families.size());
        for (const auto& family : families) outside.push_back(prometheus_family_of(family));
        return outside;
    }

private:
    std::shared_ptr<const Source> from_;
};

}  // namespace

MetricFamily family_of(const theirs::MetricFamily& from) {
    MetricFamily family{.name = from.name, .help = from.help, .type = type_of(from.type)};
    for (const auto& metric : from.metric) {
        if (family.type == MetricType::histogram)
            family.histograms.push_back(histogram_of(metric));
        else if (family.type == MetricType::summary)
            family.summaries.push_back(summary_of(metric));
        else
            family.numbers.push_back({.labels = labels_of(metric, {}),
                                      .value = number_of(metric, family.type),
                                      .timestamp_ms = metric.timestamp_ms});
    }
    return family;
}

theirs::MetricFamily prometheus_family_of(const MetricFamily& from) {
    theirs::MetricFamily family{from.name, from.help, type_of(from.type), {}};
    family.metric.reserve(from.size());
    for (const auto& series : from.numbers) family.metric.push_back(metric_of(series, from.type));
    for (const auto& series : from.histograms) family.metric.push_back(metric_of_histogram(series));
    for (const auto& series : from.summaries) family.metric.push_back(metric_of_summary(series));
    return family;
}

std::shared_ptr<const Source> source_of(std::shared_ptr<theirs::Collectable> collectable) {
    if (!collectable) throw std::invalid_argument("there is no source to read: a null pointer");
    return std::make_shared<Inwards>(std::move(collectable));
}

std::shared_ptr<theirs::Collectable> collectable_of(std::shared_ptr<const Source> source) {
    if (!source) throw std::invalid_argument("there is no source to read: a null pointer");
    return std::make_shared<Outwards>(std::move(source));
}

}  // namespace outrigger::metrics
