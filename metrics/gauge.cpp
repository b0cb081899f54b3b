// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/gauge.hpp>

namespace outrigger::metrics {

void Gauge::Series::append_to(MetricFamily& family, const Labels& labels, WallTime) const {
    family.numbers.push_back({.labels = labels, .value = value.load(std::memory_order_relaxed)});
}

}  // namespace outrigger::metrics
