// SPDX-License-Identifier: Apache-2.0
#include "native_series.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <new>

namespace outrigger::metrics {
namespace {

constexpr std::size_t exemplar_places = 16;   // one for each power of two, modulo

BucketWindow* window_at(const Cell& address) noexcept {
    return reinterpret_cast<BucketWindow*>(static_cast<std::uintptr_t>(address.load(std::memory_order_acquire)));
}

}  // namespace

NativeHistogram::Series::Shape::Shape(Settings with, std::shared_ptr<CellStore> from)
    : metrics::Shape<Settings>{std::move(with), std::move(from)},
      schema{schema_for(settings.growth_factor)},
      window{std::clamp(std::bit_ceil(settings.buckets_max), BucketWindow::size_min, BucketWindow::size_max)} {}

NativeHistogram::Series::Series(std::shared_ptr<Shape> shape, const Labels&)
    : shape_{std::move(shape)},
      cells_{*shape_->cells, static_cast<std::uint32_t>(classic + classic_buckets())} {}

// Nobody records any more: the handles are gone.
NativeHistogram::Series::~Series() {
    cells_.read([](const Cell* theirs) {
        delete window_at(theirs[positive]);
        delete window_at(theirs[negative]);
    });
}

std::size_t NativeHistogram::Series::classic_buckets() const noexcept {
    const auto& bounds = shape_->settings.classic_bounds;
    return bounds.empty() ? 0 : bounds.size() + 1;
}

// The calling thread's own window, made with its first observation. Nothing: no memory.
BucketWindow* NativeHistogram::Series::window(Cell& address) noexcept {
    if (BucketWindow* known = window_at(address)) [[likely]]
        return known;
    try {
        auto fresh = std::make_unique<BucketWindow>(shape_->schema, shape_->window);
        address.store(reinterpret_cast<std::uintptr_t>(fresh.get()), std::memory_order_release);
        return fresh.release();
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void NativeHistogram::Series::count(Cell* mine, double value) noexcept {
    if (std::abs(value) <= shape_->settings.zero_threshold) {
        add_count(mine[zeros], 1);
    } else {
        BucketWindow* buckets = window(mine[value > 0 ? positive : negative]);
        if (buckets == nullptr) return;
        buckets->add(shape_->index(std::abs(value)));
    }
    add_number(mine[sum], value);
    const auto& bounds = shape_->settings.classic_bounds;
    if (!bounds.empty()) add_count(mine[classic + bucket_of(value, bounds.data(), bounds.size())], 1);
}

void NativeHistogram::Series::observe(double value) noexcept {
    if (std::isnan(value)) [[unlikely]]
        return shape_->refused.count(Refusal::not_finite);
    cells_.record([this, value](Cell* mine) { count(mine, value); });
}

void NativeHistogram::Series::observe(double value, const TraceRef& trace) noexcept {
    observe(value);
    if (std::isnan(value)) return;
    const auto place = static_cast<std::uint32_t>(std::ilogb(value)) % exemplar_places;
    if (!exemplars_.offer(place, exemplar_places, value, trace)) shape_->refused.count(Refusal::exemplar_too_long);
}

HistogramSeries NativeHistogram::Series::value(const Labels& labels, WallTime created) const {
    HistogramSeries series{.labels = labels, .buckets = {}, .exemplars = exemplars_.taken(), .created = created};
    NativeBuckets native{.schema = shape_->schema, .zero_threshold = shape_->settings.zero_threshold};
    ExponentialCounts above{.schema = shape_->schema, .buckets = {}};
    ExponentialCounts below = above;
    std::vector<std::uint64_t> classics(classic_buckets());
    cells_.read([&](const Cell* theirs) {
        series.sum += number_in(theirs[sum]);
        native.zero_count += count_in(theirs[zeros]);
        for (std::size_t i = 0; i < classics.size(); ++i) classics[i] += count_in(theirs[classic + i]);
        if (const BucketWindow* window = window_at(theirs[positive])) above.merge(window->read());
        if (const BucketWindow* window = window_at(theirs[negative])) below.merge(window->read());
    });
    above.limit(shape_->settings.buckets_max);
    below.limit(shape_->settings.buckets_max);
    if (!above.buckets.empty()) below.lower_to(above.schema);
    if (!below.buckets.empty()) above.lower_to(below.schema);
    native.schema = std::min(above.schema, below.schema);
    series.count = native.zero_count;
    for (const auto* counts : {&above, &below})
        for (const auto& [index, count] : counts->buckets) series.count += count;
    write_spans(above, native.positive_spans, native.positive_deltas);
    write_spans(below, native.negative_spans, native.negative_deltas);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i + 1 < classics.size(); ++i)
        // Read after the native ones, a classic bucket may be newer: never above the count.
        series.buckets.push_back({shape_->settings.classic_bounds[i], std::min(cumulative += classics[i], series.count)});
    series.native = std::move(native);
    return series;
}

void NativeHistogram::Series::append_to(MetricFamily& family, const Labels& labels, WallTime created) const {
    family.histograms.push_back(value(labels, created));
}

std::uint64_t NativeHistogram::Series::activity() const noexcept {
    std::uint64_t mixed = 0;   // the sum changes with every observation that is not zero
    cells_.read([&](const Cell* theirs) { mixed += count_in(theirs[zeros]) + 3 * count_in(theirs[sum]); });
    return mixed;
}

void NativeHistogram::observe(double value) const noexcept { series_->observe(value); }
void NativeHistogram::observe(double value, const TraceRef& trace) const noexcept { series_->observe(value, trace); }
HistogramSeries NativeHistogram::value() const { return series_->value({}, {}); }

}  // namespace outrigger::metrics
