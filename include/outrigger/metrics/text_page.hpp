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
// (Registry::collect() sees to it). HELP and label values are escaped, bytes that are not UTF-8 become
// U+FFFD, numbers are the shortest that read back as the same double, labels with an empty value are left out
// (Prometheus means the same by both). One wrong line would cost the whole scrape, so a family or label whose
// name is not allowed is left out.
[[nodiscard]] std::string text_page(std::span<const MetricFamily> families);

}  // namespace outrigger::metrics
