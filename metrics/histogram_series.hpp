// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "cells.hpp"

namespace outrigger::metrics {

inline constexpr double nanoseconds_per_second = 1e9;

// A total as a page has it. `scale` turns the observed integers into the base unit. Division, because 0.025 is
// 25'000'000 / 1e9 exactly as the compiler reads it, while 25'000'000 * 1e-9 is not.
template <std::size_t Bounds>
[[nodiscard]] HistogramSeries histogram_series(Labels labels, const HistogramTotal<Bounds>& total,
                                               const std::array<std::uint64_t, Bounds>& bounds, double scale) {
    HistogramSeries series{.labels = std::move(labels), .sum = total.sum / scale, .buckets = {}};
    series.buckets.reserve(Bounds + 1);
    for (std::size_t i = 0; i < Bounds; ++i) {
        series.count += total.counts[i];
        series.buckets.push_back({static_cast<double>(bounds[i]) / scale, series.count});
    }
    series.count += total.counts[Bounds];
    series.buckets.push_back({std::numeric_limits<double>::infinity(), series.count});
    return series;
}

}  // namespace outrigger::metrics
