// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/logging/severity.hpp>
#include <outrigger/logging/shipping/ledger.hpp>
#include <outrigger/logging/shipping/spool.hpp>

namespace outrigger::logging {

// The ledger of a spool as it changes, with the losses that are still to be told. A value: a spool changes a copy, and
// takes it over once the change is stored. Whatever it is told, it stays balanced: counts that cannot be right, since
// a row came back damaged, are cut to what waits.
class Books {
public:
    struct Contents {
        Ledger ledger;
        std::array<std::uint64_t, severity_count> waiting{};   // records, by Severity
        std::uint64_t batches = 0;
        std::array<Gap, loss_words.size()> gaps{};   // by Loss
    };

    Books() noexcept;
    // As they were stored; what is not balanced becomes so: what is missing counts as lost to Loss::corrupt.
    explicit Books(const Contents& contents) noexcept;

    void accept(Severity severity, std::uint32_t records) noexcept;
    // A batch has been dealt with: all of it was delivered but for what is in quarantine.
    void settle(Severity severity, std::uint32_t records, std::span<const Quarantined> quarantined) noexcept;
    void lose(Loss reason, Severity severity, std::uint32_t records, WallTime accepted) noexcept;
    void tell(std::span<const Gap> told) noexcept;
    void take_back(std::span<const Gap> told) noexcept;   // they are still to be told
    // The storage holds this and nothing else; the rest is lost.
    void recount(const std::array<std::uint64_t, severity_count>& waiting, std::uint64_t batches, WallTime now) noexcept;

    [[nodiscard]] const Ledger& ledger() const noexcept { return contents_.ledger; }
    [[nodiscard]] const Contents& contents() const noexcept { return contents_; }
    [[nodiscard]] std::vector<Gap> gaps() const;

private:
    std::uint64_t leave(Severity severity, std::uint32_t records) noexcept;
    void write_off(Loss reason, Severity severity, std::uint64_t records, WallTime at) noexcept;
    void close_if_empty() noexcept;

    Contents contents_;
};

// 16 characters, a to z and 2 to 7: 80 bits of chance.
[[nodiscard]] std::string random_identity(Rng rng);

}   // namespace outrigger::logging
