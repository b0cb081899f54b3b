// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/demo/calls.hpp"
#include "sidecar/demo/figures.hpp"
#include "sidecar/demo/proxy_runner.hpp"
#include "sidecar/demo/style.hpp"
#include "sidecar/demo/tally.hpp"

// What the demo says, in lines of at most 90 columns. Values in, text out.
namespace outrigger::demo {

inline constexpr std::size_t columns = 90;

// Who runs where, and what to try meanwhile. `gateway`: its port on 127.0.0.1.
[[nodiscard]] std::string opening(const Proxy& proxy, std::uint16_t gateway, Duration duration, Rate rate,
                                  Style style);

// The closing table: requests, errors and latencies per route.
[[nodiscard]] std::string table(const Results& results, Style style);

// What the sidecar counted beside what the load sent and the gateway saw. Nothing read: says so.
[[nodiscard]] std::string agreement(const std::optional<Figures>& figures, const Results& results,
                                    const Comparison& calls, const std::string& metrics_url, Style style);

}  // namespace outrigger::demo
