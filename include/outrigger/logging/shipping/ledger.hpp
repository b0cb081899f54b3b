// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/severity.hpp>

// The books of a spool: where every accepted record is. Values; they are kept inside the spool itself, in the transaction
// that changes what they count, so that no crash makes them wrong.
namespace outrigger::logging {

// Why accepted records will never be delivered.
enum class Loss : std::uint8_t {
    evicted,   // the spool is full: the least important, oldest ones made room
    corrupt,   // the storage gave back something else than was stored
};
inline constexpr std::array<std::string_view, 2> loss_words{"evicted", "corrupt"};

// Why a receiver will never take a record. It is set aside with the receiver's words.
enum class Rejection : std::uint8_t {
    rejected,        // 400: it contradicts the mapping, or is no valid document
    no_index,        // 404
    too_large,       // 413, alone
    failure_store,   // stored, but in the failure store of a data stream
};
inline constexpr std::array<std::string_view, 4> rejection_words{"rejected", "no_index", "too_large", "failure_store"};

[[nodiscard]] constexpr std::string_view to_string(Loss loss) noexcept {
    return loss_words[static_cast<std::size_t>(loss)];
}
[[nodiscard]] constexpr std::string_view to_string(Rejection reason) noexcept {
    return rejection_words[static_cast<std::size_t>(reason)];
}

// Of counts by severity or reason.
template <std::size_t N>
[[nodiscard]] constexpr std::uint64_t total(const std::array<std::uint64_t, N>& counts) noexcept {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

// Counts of records since the spool was made. accepted == delivered + quarantined + dropped + spooled, always.
struct Ledger {
    std::uint64_t accepted = 0;    // committed; also the sequence number of the last one
    std::uint64_t delivered = 0;   // the receiver has it
    std::array<std::uint64_t, rejection_words.size()> quarantined{};   // by Rejection
    std::array<std::uint64_t, loss_words.size()> dropped{};            // by Loss
    std::uint64_t spooled = 0;     // waiting

    [[nodiscard]] bool balanced() const noexcept {
        return accepted == delivered + total(quarantined) + total(dropped) + spooled;
    }
    friend bool operator==(const Ledger&, const Ledger&) = default;
};

// Records that were lost and of which no record tells yet.
struct Gap {
    Loss reason = Loss::evicted;
    std::array<std::uint64_t, severity_count> records{};   // by Severity
    WallTime first = {};   // when the first and the last of them were accepted
    WallTime last = {};

    friend bool operator==(const Gap&, const Gap&) = default;
};

}   // namespace outrigger::logging
