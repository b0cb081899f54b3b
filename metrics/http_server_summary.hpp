// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/http_server_summary.hpp>

#include <span>

#include "http_server_shard.hpp"

namespace outrigger::metrics {

// Reads the shards' cells without stopping their writers.
[[nodiscard]] HttpServerSummary summarize(std::span<const HttpServerShard* const> shards);

}  // namespace outrigger::metrics
