// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spool_file.hpp"

#include <array>
#include <cstdint>
#include <limits>

#include <outrigger/logging/severity.hpp>

namespace outrigger::logging {

// What was read from one spool file into another.
struct Salvaged {
    std::array<std::uint64_t, severity_count> waiting{};   // records, by Severity
    std::uint64_t batches = 0;
    std::uint64_t unreadable = 0;   // batches that were seen; pages that cannot be read may have held more
    std::int64_t last_id = 0;
    std::uint64_t quarantine_kept = 0;
    std::uint64_t quarantine_bytes = 0;
};

struct SalvageLimits {
    std::uint64_t last_sequence = std::numeric_limits<std::uint64_t>::max();   // what is beyond was never committed
    std::int64_t wal = 0;   // bytes, beyond which it is put away
};

// Copies what reads back as it was stored, from the oldest on and, where that ends, from the newest back: one batch in
// memory at a time. SQLITE_OK, or why nothing can be written.
[[nodiscard]] int salvage(SpoolFile& from, SpoolFile& to, const SalvageLimits& limits, Salvaged& salvaged) noexcept;

}   // namespace outrigger::logging
