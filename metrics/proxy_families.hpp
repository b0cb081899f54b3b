// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <span>
#include <vector>

#include "http_shard.hpp"

namespace outrigger::metrics {

// outrigger_overhead_seconds, outrigger_streams_active and outrigger_stream_duration_seconds, as far as anything was
// recorded for them.
void add_proxy_families(std::vector<MetricFamily>& families,
                        std::span<const HttpShard* const> shards);

}  // namespace outrigger::metrics
