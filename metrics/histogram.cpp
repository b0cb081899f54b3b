// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/histogram.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace outrigger::metrics {
namespace {

Bounds bounds_by(double first, std::size_t count, auto next) {
    Bounds bounds;
    for (double bound = first; bounds.size() < count; bound = next(bounds.size())) {
        if (!std::isfinite(bound) || (!bounds.empty() && bound <= bounds.back()))
            throw std::invalid_argument("the bounds of a histogram's buckets have to ascend, and to be finite");
        bounds.push_back(bound);
    }
    return bounds;
}

}  // namespace

Bounds duration_bounds() { return {.001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}; }

Bounds linear_bounds(double first, double step, std::size_t count) {
    return bounds_by(first, count, [=](std::size_t i) { return first + step * static_cast<double>(i); });
}

Bounds exponential_bounds(double first, double factor, std::size_t count) {
    return bounds_by(first, count, [=](std::size_t i) { return first * std::pow(factor, static_cast<double>(i)); });
}

Histogram::Series::Series(std::shared_ptr<Shape> shape, const Labels&)
    : shape_{std::move(shape)},
      bounds_{shape_->settings.bounds.data()},
      bounds_count_{shape_->settings.bounds.size()},
      cells_{*shape_->cells, static_cast<std::uint32_t>(1 + buckets())} {}

void Histogram::Series::observe(double value, const TraceRef& trace) noexcept {
    observe(value);
    if (std::isnan(value)) return;
    if (!exemplars_.offer(bucket(value), buckets(), value, trace)) shape_->refused.count(Refusal::exemplar_too_long);
}

HistogramSeries Histogram::Series::value(const Labels& labels, WallTime created) const {
    HistogramSeries series{.labels = labels, .buckets = {}, .exemplars = exemplars_.taken(), .created = created};
    series.buckets.reserve(buckets());
    for (std::size_t i = 0; i < bounds_count_; ++i) series.buckets.push_back({bounds_[i], 0});
    series.buckets.push_back({std::numeric_limits<double>::infinity(), 0});
    cells_.read([&](const Cell* theirs) {
        series.sum += number_in(theirs[0]);
        for (std::size_t i = 0; i < series.buckets.size(); ++i)
            series.buckets[i].cumulative_count += count_in(theirs[1 + i]);
    });
    for (auto& bucket : series.buckets) bucket.cumulative_count = series.count += bucket.cumulative_count;
    return series;
}

void Histogram::Series::append_to(MetricFamily& family, const Labels& labels, WallTime created) const {
    family.histograms.push_back(value(labels, created));
}

std::uint64_t Histogram::Series::activity() const noexcept {
    std::uint64_t count = 0;
    cells_.read([&](const Cell* theirs) {
        for (std::size_t i = 0; i < buckets(); ++i) count += count_in(theirs[1 + i]);
    });
    return count;
}

HistogramSeries Histogram::value() const { return series_->value({}, {}); }

}  // namespace outrigger::metrics
