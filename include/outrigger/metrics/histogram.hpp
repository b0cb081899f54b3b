// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/exemplar.hpp>
#include <outrigger/metrics/family.hpp>
#include <outrigger/metrics/instrument.hpp>
#include <outrigger/metrics/thread_cells.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace outrigger::metrics {

// Upper bounds, in the family's unit: finite, ascending, 1 to 1000 of them; +Inf is added by itself.
using Bounds = std::vector<double>;

// In seconds: those of the OpenTelemetry HTTP conventions, and .001, .0025, .05 for local services.
[[nodiscard]] Bounds duration_bounds();
// `count` bounds from `first` on, each `step` above or `factor` times the one before. Throw
// std::invalid_argument where that does not ascend.
[[nodiscard]] Bounds linear_bounds(double first, double step, std::size_t count);
[[nodiscard]] Bounds exponential_bounds(double first, double factor, std::size_t count);

[[nodiscard]] constexpr double seconds(Duration duration) noexcept {
    return static_cast<double>(duration.count()) / 1e9;
}

// The first bucket whose bound is not below the value, `count` if there is none. Without branches that depend on
// the value: halves are left out until one bound is left.
[[nodiscard]] inline std::size_t bucket_of(double value, const double* bounds, std::size_t count) noexcept {
    const double* from = bounds;
    for (std::size_t left = count; left > 1;) {
        const std::size_t half = left / 2;
        from += from[half - 1] < value ? half : 0;
        left -= half;
    }
    return static_cast<std::size_t>(from - bounds) + (*from < value ? 1 : 0);
}

// How observations are distributed over classic buckets. A handle as Counter is. The number of observations is
// the sum of the buckets by construction, so that `_count` and the +Inf bucket cannot disagree; `_sum` may miss an
// observation that a scrape meets halfway.
class Histogram {
public:
    static constexpr InstrumentKind kind = InstrumentKind::histogram;
    struct Settings {
        Bounds bounds = duration_bounds();
        friend bool operator==(const Settings&, const Settings&) = default;
    };
    class Series;

    explicit Histogram(std::shared_ptr<Series> series) noexcept : series_{std::move(series)} {}

    // NaN is not recorded but counted in outrigger_metrics_refused_total. Infinity falls in an outer bucket.
    void observe(double value) const noexcept;
    void observe(Duration value) const noexcept { observe(seconds(value)); }
    void observe(double value, const TraceRef& trace) const noexcept;

    // The sum over all threads, as the page has it.
    [[nodiscard]] HistogramSeries value() const;

private:
    std::shared_ptr<Series> series_;
};

class Histogram::Series {
public:
    using Shape = metrics::Shape<Settings>;
    Series(std::shared_ptr<Shape> shape, const Labels&);

    void observe(double value) noexcept {
        if (std::isnan(value)) [[unlikely]]
            return shape_->refused.count(Refusal::not_finite);
        const std::size_t at = bucket(value);
        cells_.record([=](Cell* mine) {
            add_count(mine[1 + at], 1);
            add_number(mine[0], value);   // the first cell, so that its place does not depend on the bounds
        });
    }
    void observe(double value, const TraceRef& trace) noexcept;

    [[nodiscard]] HistogramSeries value(const Labels& labels, WallTime created) const;
    void append_to(MetricFamily& family, const Labels& labels, WallTime created) const;
    [[nodiscard]] std::uint64_t activity() const noexcept;

private:
    [[nodiscard]] std::size_t bucket(double value) const noexcept { return bucket_of(value, bounds_, bounds_count_); }
    [[nodiscard]] std::size_t buckets() const noexcept { return bounds_count_ + 1; }

    std::shared_ptr<Shape> shape_;   // before what points into it
    const double* const bounds_;
    const std::size_t bounds_count_;
    ThreadCells cells_;
    Exemplars exemplars_;
};

inline void Histogram::observe(double value) const noexcept { series_->observe(value); }
inline void Histogram::observe(double value, const TraceRef& trace) const noexcept { series_->observe(value, trace); }

}  // namespace outrigger::metrics
