// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <span>
#include <string>
#include <string_view>

namespace outrigger::metrics {

// What the page is served as. Prometheus 3 refuses a page without it.
inline constexpr std::string_view text_content_type = "text/plain; version=0.0.4; charset=utf-8";

// The families as Prometheus text 0.0.4, sorted by name. Every family name must occur once
// (Registry::collect() sees to it). HELP is escaped, bytes in it that are not UTF-8 become U+FFFD, numbers are the
// shortest that read back as the same double. One wrong line would cost the whole scrape, so a family whose name is not
// allowed is left out. Native histograms, exemplars, units and creation times have no place in this format; a
// histogram without classic buckets has its +Inf bucket. Pure, thread-safe.
[[nodiscard]] std::string text_page(std::span<const MetricFamily> families);

}  // namespace outrigger::metrics
