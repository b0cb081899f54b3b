// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/logging/shipping/books.hpp>
#include <outrigger/logging/shipping/spool.hpp>

namespace outrigger::logging {

// A spool that ends with the process. A sixteenth of `max` is for what receivers refused, the rest for what waits; no
// batch that is stored takes more than it holds. Of one thread.
class MemorySpool final : public Spool {
public:
    // `identity`: 16 characters; those of a spool without one are drawn from the system's chance.
    explicit MemorySpool(Bytes max, std::string identity = {});

    Result<void> commit(const SpoolChange& change) noexcept override;
    Result<std::optional<Batch>> next_after(std::int64_t id) noexcept override;
    [[nodiscard]] std::vector<Gap> gaps() const override { return books_.gaps(); }
    [[nodiscard]] Ledger ledger() const noexcept override { return books_.ledger(); }
    [[nodiscard]] SpoolState state() const override;
    [[nodiscard]] std::string_view identity() const noexcept override { return identity_; }

    // The newest of what receivers refused.
    [[nodiscard]] const std::list<Quarantined>& quarantine() const noexcept { return quarantine_; }

private:
    using Stored = std::map<std::int64_t, Batch>;
    using BySeverity = std::array<Stored, severity_count>;

    void settle(const Fate& fate, std::list<Quarantined>& set_aside) noexcept;
    void add(BySeverity& copies, const SpoolChange& change) noexcept;
    bool add(const Batch& batch, const SpoolChange& change) noexcept;
    bool make_room(std::uint64_t bytes, Severity most, const SpoolChange& change) noexcept;
    bool evict_one(Stored& stored, const SpoolChange& change) noexcept;
    void trim_quarantine() noexcept;

    Bytes max_;
    std::string identity_;
    Books books_;
    BySeverity stored_;
    std::list<Quarantined> quarantine_;
    std::uint64_t stored_bytes_ = 0;
    std::uint64_t quarantine_bytes_ = 0;
    std::int64_t last_id_ = 0;
    std::int64_t first_new_id_ = 0;   // of the commit in progress
    std::string fault_;
};

}   // namespace outrigger::logging
