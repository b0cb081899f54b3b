// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/http_server_summary.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "cells.hpp"

namespace outrigger::metrics {

// The value below which `share` of the observations lie, 0 < share <= 1, supposing that they are spread evenly within
// their bucket. The observed integers are nanoseconds.
template <std::size_t Bounds>
[[nodiscard]] std::optional<Estimate> quantile(const HistogramTotal<Bounds>& total,
                                               const std::array<std::uint64_t, Bounds>& bounds, double share) {
    if (total.count() == 0) return std::nullopt;
    const double rank = share * static_cast<double>(total.count());
    double below = 0.0;
    for (std::size_t i = 0; i < Bounds; ++i) {
        const double inside = static_cast<double>(total.counts[i]);
        if (inside > 0.0 && below + inside >= rank) {
            const double from = i == 0 ? 0.0 : static_cast<double>(bounds[i - 1]);
            const double at = from + (static_cast<double>(bounds[i]) - from) * (rank - below) / inside;
            return Estimate{Duration{static_cast<Duration::rep>(at)}, false};
        }
        below += inside;
    }
    return Estimate{Duration{static_cast<Duration::rep>(bounds.back())}, true};
}

template <std::size_t Bounds>
[[nodiscard]] HttpServerSummary::Latency latency(const HistogramTotal<Bounds>& total,
                                                 const std::array<std::uint64_t, Bounds>& bounds) {
    return {quantile(total, bounds, 0.5), quantile(total, bounds, 0.99)};
}

}  // namespace outrigger::metrics
