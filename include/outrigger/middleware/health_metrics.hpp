// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <outrigger/health/registry.hpp>

namespace prometheus {
class Collectable;
class Counter;
class Registry;
template <typename T>
class Family;
}   // namespace prometheus

namespace outrigger::middleware {

// The checks as they stand, read at each scrape without a lock:
//   outrigger_health_check_up{check}                 1: up or degraded; 0: down or not checked yet
//   outrigger_health_check_duration_seconds{check}   how long the last run took; absent before the first
// Thread-safe. May outlive the registry: the checks are told as they stood last.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> health_metrics(const health::Registry& registry);

// How often checks changed:
//   outrigger_health_changes_total{check,to}   to: up, degraded, down
// Call count() in the registry's on_change. Thread-safe.
class HealthChanges {
public:
    HealthChanges();
    void count(const health::CheckChanged& changed);
    // May outlive this.
    [[nodiscard]] std::shared_ptr<prometheus::Collectable> metrics() const;

private:
    std::shared_ptr<prometheus::Registry> registry_;
    prometheus::Family<prometheus::Counter>* changes_;   // the registry's
};

}   // namespace outrigger::middleware
