// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/demo/figures.hpp"
#include "sidecar/demo/proxy_runner.hpp"
#include "sidecar/demo/style.hpp"
#include "sidecar/demo/tally.hpp"

// What the demo says, in lines of at most 90 columns. Values in, text out.
namespace outrigger::demo {

struct Stage {
    std::uint16_t gateway = 0;  // ports on 127.0.0.1
    std::uint16_t users = 0;
    std::uint16_t orders = 0;
    Proxy proxy;
};

// Who runs where, and what to try meanwhile.
[[nodiscard]] std::string opening(const Stage& stage, Duration duration, Rate rate, Style style);

// The closing table: requests, errors and latencies per route.
[[nodiscard]] std::string table(const Results& results, Style style);

// A few failures, the sidecar's own answers first; empty without any. `log_file` may be empty.
[[nodiscard]] std::string failures(const Results& results, const std::string& log_file, Style style);

// What the sidecar counted beside what the load sent. Nothing read: says so.
[[nodiscard]] std::string comparison(const std::optional<Figures>& figures, const Results& results,
                                     const std::string& metrics_url, Style style);

// What log lines look like; empty without any.
[[nodiscard]] std::string log_sample(const std::vector<std::string>& lines, const std::string& log_file,
                                     Style style);

}  // namespace outrigger::demo
