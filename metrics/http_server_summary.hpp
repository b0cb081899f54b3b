// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/http_server_summary.hpp>

#include <span>

#include "http_shard.hpp"

namespace outrigger::metrics {

// Reads the shards' cells without stopping their writers.
[[nodiscard]] HttpServerSummary summarize(std::span<const HttpShard* const> shards);

}  // namespace outrigger::metrics
