// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
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
    // first_sequence, lines and records are the caller's, numbered on from next_sequence() in this order; commit() sets
    // the ids, and the accepted. An id of 0: there was no room, and only batches of higher severity or in flight could
    // have made it. Such a batch is accepted and dropped (Loss::evicted) in one: never to be offered again.
    std::span<Batch> add = {};
    std::span<const Fate> settle = {};              // those of batches that are no longer there are ignored
    std::span<const std::int64_t> in_flight = {};   // not to be evicted; ascending
    // Those of gaps() whose records are in `add`, in batches of Severity::high. They stay if one of these got no room.
    std::span<const Gap> gaps_told = {};
    WallTime now = {};

    [[nodiscard]] bool pins(std::int64_t batch) const noexcept {
        return std::binary_search(in_flight.begin(), in_flight.end(), batch);
    }
};

struct SpoolState {
    Bytes used;                            // of max
    Bytes max;
    std::uint64_t batches = 0;
    std::array<std::uint64_t, severity_count> waiting{};   // records, by Severity; together Ledger::spooled
    std::optional<WallTime> oldest = {};   // when the oldest stored batch was accepted
    std::uint64_t quarantine_kept = 0;     // records set aside that can still be looked at
    std::string fault = {};                // why the last commit failed, a sentence; empty: it did not
    std::string note = {};                 // what was wrong with the storage and how it went on, a sentence; empty: nothing
};

// Where accepted records wait, with the books that tell of each what became of it. Of one thread. No function throws,
// ends the process or waits for anything but the storage itself.
class Spool {
public:
    virtual ~Spool() = default;

    // Stores and settles. When there is no room, batches of lower or equal severity make it, the least important and
    // among those the oldest first (Loss::evicted), never those that this change adds. A fault: nothing was added; on a
    // full disk fates may have been stored, and room made, ahead of it. All of it is to be offered again. Should the
    // process end right then, it may prove to have happened all the same.
    virtual Result<void> commit(const SpoolChange& change) noexcept = 0;

    // The stored batch with the smallest id above `id`; nothing: there is none. Those that do not read back as they were
    // stored are skipped, dropped and counted (Loss::corrupt).
    virtual Result<std::optional<Batch>> next_after(std::int64_t id) noexcept = 0;

    // Losses that no record tells of yet: one Gap for each reason at most.
    [[nodiscard]] virtual std::vector<Gap> gaps() const = 0;

    [[nodiscard]] virtual Ledger ledger() const noexcept = 0;
    [[nodiscard]] virtual SpoolState state() const = 0;

    // 16 characters that no other spool has, nor this one when it was last open: with a record's sequence number they are
    // its event.id. A spool that lost its last commits, or is a copy, gives numbers again, and never with the same ones.
    [[nodiscard]] virtual std::string_view identity() const noexcept = 0;
    // What the first record of the next commit gets. Asked for anew when what a commit refused is numbered again.
    [[nodiscard]] std::uint64_t next_sequence() const noexcept { return ledger().accepted + 1; }
};

}   // namespace outrigger::logging
