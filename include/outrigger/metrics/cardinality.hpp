// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace outrigger::metrics {

// A label of a family, and how many values it has.
struct LabelCardinality {
    std::string name;
    std::size_t distinct = 0;
    std::vector<std::string> examples;   // at most cardinality_examples_max, in order; long ones are cut
};

// A family, and what makes its series.
struct FamilyCardinality {
    std::string name;
    MetricType type = MetricType::unknown;
    std::size_t series = 0;
    std::uint32_t series_max = 0;   // 0: as many as there are
    std::uint64_t folded = 0;       // observations in the series `other`
    std::vector<LabelCardinality> labels;   // the one with the most values first: the offender
};

inline constexpr std::size_t cardinality_examples_max = 5;

// The families by their number of series, the largest first. Pure, thread-safe.
[[nodiscard]] std::vector<FamilyCardinality> cardinality(std::span<const MetricFamily> families);

}  // namespace outrigger::metrics
