// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <outrigger/logging/writer.hpp>

namespace prometheus {
class Collectable;
}  // namespace prometheus

namespace outrigger::middleware {

// What becomes of the log lines given to a writer, read at each scrape:
//   outrigger_log_accepted_total          lines taken
//   outrigger_log_delivered_total         lines written whole
//   outrigger_log_dropped_total{reason}   full: no room, because the reader is slow; write_failed: taken, then lost
//   outrigger_log_in_hand                 taken, and not yet written or lost
// Thread-safe. The writer must outlive it.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> log_metrics(const logging::Writer& writer);

}  // namespace outrigger::middleware
