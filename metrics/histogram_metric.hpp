// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/client_metric.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "cells.hpp"

namespace outrigger::metrics {

inline constexpr double nanoseconds_per_second = 1e9;

// A total in Prometheus' form. `scale` turns the observed integers into the base unit. Division, because 0.025 is
// 25'000'000 / 1e9 exactly as the compiler reads it, while 25'000'000 * 1e-9 is not.
template <std::size_t Bounds>
[[nodiscard]] prometheus::ClientMetric histogram_metric(std::vector<prometheus::ClientMetric::Label> labels,
                                                        const HistogramTotal<Bounds>& total,
                                                        const std::array<std::uint64_t, Bounds>& bounds,
                                                        double scale) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < Bounds; ++i) {
        cumulative += total.counts[i];
        metric.histogram.bucket.push_back({cumulative, static_cast<double>(bounds[i]) / scale});
    }
    cumulative += total.counts[Bounds];
    metric.histogram.bucket.push_back({cumulative, std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = total.sum / scale;
    return metric;
}

}  // namespace outrigger::metrics
