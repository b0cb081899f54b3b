// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iosfwd>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/demo/proxy_runner.hpp"
#include "sidecar/demo/style.hpp"

// `outrigger demo`: a shop, the sidecar in front of it, a gentle load, and a summary, all in this process.
namespace outrigger::demo {

struct Options {
    Duration duration = std::chrono::seconds{20};
    Rate rate = 40_per_second;
    std::uint64_t seed = 1;
    Style style;  // of `out`
};

// Runs it all and tells it on `out`. `interrupted` may become true at any time, from any thread: then it ends
// early, with the summary of what there is. Returns the exit code: 0, or 1 if no request was answered well.
// Throws what derives from std::exception if the shop or the sidecar cannot start.
[[nodiscard]] int run_demo(const Options& options, const Clock& clock, ProxyRunner& runner, std::ostream& out,
                           const std::atomic<bool>& interrupted);

}  // namespace outrigger::demo
