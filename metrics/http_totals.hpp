// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "http_shard.hpp"

namespace outrigger::metrics {

// A scrape's sums over all shards for one series; without a series: nothing was recorded for its index yet.
struct SeriesTotal {
    const HttpSeries* series = nullptr;
    HistogramTotal<http_duration_bounds.size()> duration;
    HistogramTotal<http_body_size_bounds.size()> request_body;
    HistogramTotal<http_body_size_bounds.size()> response_body;
    std::vector<Exemplar> exemplars;   // of the duration, of all shards

    void add(const SeriesTotal& more) noexcept {
        series = more.series;
        duration.add(more.duration);
        request_body.add(more.request_body);
        response_body.add(more.response_body);
        exemplars.insert(exemplars.end(), more.exemplars.begin(), more.exemplars.end());
    }
};

[[nodiscard]] inline std::vector<SeriesTotal> sum_up(std::span<const HttpShard* const> shards) {
    std::vector<SeriesTotal> totals;
    for (const auto* shard : shards) {
        for (const auto* cells = shard->newest(); cells != nullptr; cells = cells->older) {
            if (cells->series.index >= totals.size()) totals.resize(cells->series.index + 1);
            SeriesTotal& total = totals[cells->series.index];
            total.series = &cells->series;
            cells->duration.add_to(total.duration);
            cells->request_body.add_to(total.request_body);
            cells->response_body.add_to(total.response_body);
            const std::vector<Exemplar> taken = cells->exemplars.taken();
            total.exemplars.insert(total.exemplars.end(), taken.begin(), taken.end());
        }
    }
    return totals;
}

// The same for the streams of one kind.
struct StreamTotal {
    ActiveCell::Total active;
    HistogramTotal<stream_duration_bounds.size()> duration;
};

[[nodiscard]] inline StreamTotal sum_up(std::span<const HttpShard* const> shards, StreamKind kind) {
    StreamTotal total;
    for (const auto* shard : shards) {
        shard->stream(kind).active.add_to(total.active);
        shard->stream(kind).duration.add_to(total.duration);
    }
    return total;
}

}  // namespace outrigger::metrics
