// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <span>
#include <string>
#include <string_view>

namespace outrigger::metrics {

inline constexpr std::string_view protobuf_content_type =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

// The families as io.prometheus.client.MetricFamily messages, each behind its length as a varint, sorted by name: the
// only stable format that carries native histograms. An info and a state set are gauges there. A native histogram
// always has a zero_threshold above 0, because Prometheus 2.42 tells an empty one by nothing else. Families with a
// name that is not allowed are left out. Pure, thread-safe.
[[nodiscard]] std::string protobuf_page(std::span<const MetricFamily> families);

}  // namespace outrigger::metrics
