// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <outrigger/logging/shipping/shipper.hpp>
#include <outrigger/logging/writer.hpp>
#include <outrigger/middleware/intake_counts.hpp>

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

// The same of a shipper, from its ledger, which is of one instant: accepted = delivered + quarantined + dropped + what
// the spool holds.
//   outrigger_log_accepted_total             records committed to the spool
//   outrigger_log_delivered_total            records that the receiver has
//   outrigger_log_quarantined_total{reason}  records that it will never take, set aside
//   outrigger_log_dropped_total{reason}      accepted, and lost: evicted, corrupt
//   outrigger_log_spooled                    accepted, and waiting
//   outrigger_log_refused_total{severity}    records for which there was no room; they were never accepted
//   outrigger_log_in_hand                    taken, and not yet accepted
//   outrigger_log_spool_bytes, outrigger_log_oldest_seconds   what waits takes; since when the oldest does
//   outrigger_log_attempts_total{outcome}    batches sent: taken, failed
// `stats` is asked at each scrape, from any thread; `clock` must outlive it.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> shipping_metrics(std::function<logging::ShipperStats()> stats,
                                                                        const Clock& clock);

// What a log intake was given:
//   outrigger_log_intake_records_total         records accepted
//   outrigger_log_intake_refused_total{reason} posts refused: bad, full
//   outrigger_log_intake_malformed_total       lines that were no JSON, kept as messages
// Thread-safe. The counts must outlive it.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> intake_metrics(const IntakeCounts& counts);

}  // namespace outrigger::middleware
