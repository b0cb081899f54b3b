// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <outrigger/metrics/family.hpp>

namespace outrigger::upstream {

// What the metrics say of one upstream since the start, for people rather than for a scraper.
struct Summary {
    std::string name;
    std::uint64_t calls = 0;    // ended
    std::uint64_t failed = 0;   // of `calls`: answered 500 or above, or for a reason of ours
    std::uint64_t attempts = 0;
    std::uint64_t retries = 0;   // of `attempts`
    std::uint64_t refused = 0;   // of `calls`: by its open circuit
    std::uint64_t opened = 0;    // so often did the circuit
    std::string circuit;         // its state; empty: there is none
    bool shadow = false;         // it only looks on; what the metrics do not say
    std::uint64_t healthy = 0;   // endpoints
    std::uint64_t ejected = 0;
    std::uint64_t ejections = 0;   // so far

    friend bool operator==(const Summary&, const Summary&) = default;
};

// From these families, whatever others there are, in the order of the upstreams' names.
[[nodiscard]] std::vector<Summary> summarize(std::span<const metrics::MetricFamily> families);

}  // namespace outrigger::upstream
