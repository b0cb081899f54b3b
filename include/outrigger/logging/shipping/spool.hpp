// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/severity.hpp>
#include <outrigger/logging/shipping/ledger.hpp>

namespace outrigger::logging {

// Records that are stored, sent and settled together; all of one severity.
struct Batch {
    std::int64_t id = 0;                // given by the spool; ascending
    Severity severity = Severity::normal;
    std::uint64_t first_sequence = 0;   // of the first record; the others follow one by one
    std::uint32_t records = 0;
    WallTime accepted = {};             // when it was committed
    std::string lines;                  // one JSON object a line, each ends with '\n'
};

// What a receiver refused for good.
struct Quarantined {
    Rejection reason = Rejection::rejected;
    std::string detail;   // the receiver's words, cut
    std::string line;
};

// What has become of a batch; with it the batch leaves the spool. delivered + quarantined.size() == its records.
struct Fate {
    std::int64_t batch = 0;
    std::uint32_t delivered = 0;
    std::vector<Quarantined> quarantined = {};
};

// What happens at once or not at all.
struct SpoolChange {
    std::span<Batch> add = {};                      // commit() sets their ids; first_sequence and lines are the caller's
    std::span<const Fate> settle = {};              // those of batches that are no longer there are ignored
    std::span<const std::int64_t> in_flight = {};   // not to be evicted
    std::size_t gaps_told = 0;                      // so many of gaps(), from the front, have their records in `add`
    WallTime now = {};
};

struct SpoolState {
    Bytes used;                            // of max
    Bytes max;
    std::uint64_t batches = 0;
    std::optional<WallTime> oldest = {};   // when the oldest stored batch was accepted
    std::uint64_t quarantine_kept = 0;     // records set aside that can still be looked at
    std::string fault = {};                // why the last commit failed, a sentence; empty: it did not
};

// Where accepted records wait, with the books that tell of each what became of it. Of one thread. No function throws,
// ends the process or waits for anything but the storage itself.
class Spool {
public:
    virtual ~Spool() = default;

    // Stores and settles. When there is no room, batches of lower or equal severity make it, the least important and
    // among those the oldest first (Loss::evicted). A fault: nothing has changed; what could not be added is to be
    // offered again.
    virtual Result<void> commit(const SpoolChange& change) noexcept = 0;

    // The stored batch with the smallest id above `id`; nothing: there is none. Rows that do not read back as they were
    // stored are skipped, dropped and counted (Loss::corrupt).
    virtual Result<std::optional<Batch>> next_after(std::int64_t id) noexcept = 0;

    // Losses that no record tells of yet.
    [[nodiscard]] virtual std::vector<Gap> gaps() const = 0;

    [[nodiscard]] virtual Ledger ledger() const noexcept = 0;
    [[nodiscard]] virtual SpoolState state() const = 0;

    // 16 characters that no other spool has: with a record's sequence number they are its event.id.
    [[nodiscard]] virtual std::string_view identity() const noexcept = 0;
    // What the first record of the next commit gets.
    [[nodiscard]] std::uint64_t next_sequence() const noexcept { return ledger().accepted + 1; }
};

}   // namespace outrigger::logging
