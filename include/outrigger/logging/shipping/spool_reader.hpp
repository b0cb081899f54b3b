// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/severity.hpp>
#include <outrigger/logging/shipping/ledger.hpp>
#include <outrigger/logging/shipping/spool.hpp>

namespace outrigger::logging {

// Another process has the spool; what() says which.
class SpoolInUse : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What waits of one severity.
struct StoredOfSeverity {
    std::uint64_t batches = 0;
    std::uint64_t records = 0;
    Bytes bytes;
    std::optional<WallTime> oldest = {};

    friend bool operator==(const StoredOfSeverity&, const StoredOfSeverity&) = default;
};

// What there is to say about a spool.
struct SpoolReport {
    std::string dir;   // empty: in memory
    Ledger ledger;
    Bytes used;
    Bytes max;   // 0: not known
    std::array<StoredOfSeverity, severity_count> stored{};   // by Severity; of a live spool, records alone
    std::optional<WallTime> oldest = {};
    std::uint64_t quarantine_kept = 0;
    std::vector<Gap> gaps = {};
    std::string fault = {};
    std::string note = {};
};

// That of a spool in use.
[[nodiscard]] SpoolReport report_of(std::string dir, const Ledger& ledger, const SpoolState& state);

// Looks into the spool of a directory that no process has, and holds it meanwhile. Changes none of what is stored. One
// row in memory at a time. Not thread-safe. Throws std::runtime_error, in a sentence, for what cannot be read.
class SpoolReader {
public:
    // Throws SpoolInUse, too.
    explicit SpoolReader(const std::string& dir);
    ~SpoolReader();

    [[nodiscard]] SpoolReport report();
    // Oldest first; `visit` returns false to stop. Damaged ones are left out; how many there were.
    std::uint64_t each_batch(const std::function<bool(const Batch&)>& visit);
    void each_quarantined(const std::function<bool(const Quarantined&, WallTime at)>& visit);
    // Reads all of it; what is wrong, a sentence each.
    [[nodiscard]] std::vector<std::string> verify();

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}   // namespace outrigger::logging
