// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <vector>

#include "http_server_shard.hpp"

namespace outrigger::metrics {

// outrigger_overhead_seconds, outrigger_streams_active and outrigger_stream_duration_seconds, as far as anything was
// recorded for them.
void add_proxy_families(std::vector<prometheus::MetricFamily>& families,
                        std::span<const HttpServerShard* const> shards);

}  // namespace outrigger::metrics
