// SPDX-License-Identifier: Apache-2.0
#include "proxy_families.hpp"

#include <string>
#include <utility>

#include "histogram_metric.hpp"
#include "http_server_totals.hpp"

namespace outrigger::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily overhead(std::span<const HttpServerShard* const> shards) {
    MetricFamily family{"outrigger_overhead_seconds",
                        "An exchange's time not spent waiting for a peer, a queue or a pause.",
                        MetricType::Histogram,
                        {}};
    HistogramTotal<overhead_bounds.size()> total;
    for (const auto* shard : shards) shard->overhead().add_to(total);
    if (total.count() != 0)
        family.metric.push_back(histogram_metric({}, total, overhead_bounds, nanoseconds_per_second));
    return family;
}

}  // namespace

void add_proxy_families(std::vector<MetricFamily>& families, std::span<const HttpServerShard* const> shards) {
    MetricFamily active{"outrigger_streams_active", "Streams that go on.", MetricType::Gauge, {}};
    MetricFamily duration{"outrigger_stream_duration_seconds", "How long streams went on.", MetricType::Histogram, {}};
    for (const StreamKind kind : {StreamKind::event_stream, StreamKind::upgrade, StreamKind::http2}) {
        const StreamTotal total = sum_up(shards, kind);
        const std::vector<ClientMetric::Label> label{{"kind", std::string{to_string(kind)}}};
        if (total.active.begun != 0) {
            ClientMetric metric;
            metric.label = label;
            metric.gauge.value = static_cast<double>(total.active.active);
            active.metric.push_back(std::move(metric));
        }
        if (total.duration.count() != 0)
            duration.metric.push_back(
                histogram_metric(label, total.duration, stream_duration_bounds, nanoseconds_per_second));
    }
    families.push_back(overhead(shards));
    families.push_back(std::move(active));
    families.push_back(std::move(duration));
}

}  // namespace outrigger::metrics
