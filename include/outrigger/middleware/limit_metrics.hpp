// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <outrigger/resilience/bulkhead.hpp>
#include <outrigger/resilience/rate_limit.hpp>

namespace prometheus {
class Collectable;
}  // namespace prometheus

namespace outrigger::middleware {

// How full a bulkhead is, read at each scrape; the label `limit` is its name:
//   outrigger_limit_in_use{limit}          slots taken
//   outrigger_limit_waiting{limit}         calls in the queue
//   outrigger_limit_refused_total{limit}   calls turned away, or, in shadow mode, that would have been
// Thread-safe. The bulkhead must outlive it.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> limit_metrics(const resilience::ConcurrencyLimiter& bulkhead,
                                                                     std::string name);
// The same of a rate limit:
//   outrigger_rate_limit_refused_total{limit}   calls turned away, or, in shadow mode, that would have been
[[nodiscard]] std::shared_ptr<prometheus::Collectable> limit_metrics(const resilience::RateLimiter& rate,
                                                                     std::string name);

}  // namespace outrigger::middleware
