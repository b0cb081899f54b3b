// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <span>
#include <string>
#include <string_view>

namespace outrigger::metrics {

inline constexpr std::string_view openmetrics_content_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

// The families as OpenMetrics 1.0, sorted by name, with units, exemplars and `# EOF`. Every family name must occur
// once. What the format forbids would cost the whole scrape, so
// - a counter or an info whose name lacks `_total` or `_info` has it in its samples;
// - of two families that would share a name (a gauge `x` and a counter `x_total`) a counter or an info is written as of
//   unknown type under its full name, anything else is left out;
// - a counter that is negative or NaN, an info that is not 1 and a state that is neither 0 nor 1 are left out;
// - a histogram's sum that is negative is left out, and its count with it;
// - an exemplar with more than 128 characters of labels is left out.
// `_created` samples are not written: each would be one more series for the server; the protobuf page has the times.
// Pure, thread-safe.
[[nodiscard]] std::string openmetrics_page(std::span<const MetricFamily> families);

}  // namespace outrigger::metrics
