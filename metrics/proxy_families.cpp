// SPDX-License-Identifier: Apache-2.0
#include "proxy_families.hpp"

#include <string>
#include <utility>

#include "histogram_series.hpp"
#include "http_totals.hpp"

namespace outrigger::metrics {
namespace {

MetricFamily overhead(std::span<const HttpShard* const> shards) {
    MetricFamily family{.name = "outrigger_overhead_seconds",
                        .help = "An exchange's time not spent waiting for a peer, a queue or a pause.",
                        .type = MetricType::histogram,
                        .unit = "seconds"};
    HistogramTotal<overhead_bounds.size()> total;
    for (const auto* shard : shards) shard->overhead().add_to(total);
    if (total.count() != 0)
        family.histograms.push_back(histogram_series({}, total, overhead_bounds, nanoseconds_per_second));
    return family;
}

}  // namespace

void add_proxy_families(std::vector<MetricFamily>& families, std::span<const HttpShard* const> shards) {
    MetricFamily active{.name = "outrigger_streams_active", .help = "Streams that go on.", .type = MetricType::gauge};
    MetricFamily duration{.name = "outrigger_stream_duration_seconds",
                          .help = "How long streams went on.",
                          .type = MetricType::histogram,
                          .unit = "seconds"};
    for (const StreamKind kind : stream_kinds) {
        const StreamTotal total = sum_up(shards, kind);
        const Labels labels{{"kind", to_string(kind)}};
        if (total.active.begun != 0)
            active.numbers.push_back({.labels = labels, .value = static_cast<double>(total.active.active)});
        if (total.duration.count() != 0)
            duration.histograms.push_back(
                histogram_series(labels, total.duration, stream_duration_bounds, nanoseconds_per_second));
    }
    families.push_back(overhead(shards));
    families.push_back(std::move(active));
    families.push_back(std::move(duration));
}

}  // namespace outrigger::metrics
