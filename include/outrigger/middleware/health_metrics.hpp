// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <outrigger/health/registry.hpp>

namespace prometheus {
class Collectable;
}   // namespace prometheus

namespace outrigger::middleware {

// The checks as they stand, read at each scrape without a lock:
//   outrigger_health_check_up{check}                 1: up or degraded; 0: down or not checked yet
//   outrigger_health_check_duration_seconds{check}   how long the last run took; absent before the first
// Thread-safe. The registry must outlive it.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> health_metrics(const health::Registry& registry);

}   // namespace outrigger::middleware
