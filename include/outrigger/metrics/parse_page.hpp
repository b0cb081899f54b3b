// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>
#include <outrigger/metrics/page.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace outrigger::metrics {

struct ParsedPage {
    std::vector<MetricFamily> families;   // empty if something is wrong
    std::size_t line = 0;                 // where, from 1; 0: all is well
    std::string_view fault = {};          // what; static text
    bool too_large = false;               // the fault is a limit's
};

// More is not read: a page of a few megabytes may hold so many that they take a hundred times its size.
struct ParseLimits {
    std::size_t series = 100'000;
    std::size_t families = 10'000;
};

// Reads a page of text 0.0.4 or OpenMetrics 1.0 (not protobuf), as strictly as Prometheus does: one wrong line costs
// the page, because what is behind it may be wrong too. Of a series that is there twice the first counts. What the
// model has no type for (gauge histograms) becomes families of unknown type, and so do samples without a TYPE. A line
// of more than 64 KiB or 64 labels is wrong. Pure, thread-safe; its memory is bounded by the page's size and the
// limits.
[[nodiscard]] ParsedPage parse_page(std::string_view page, PageFormat format, ParseLimits limits = {});

}  // namespace outrigger::metrics
