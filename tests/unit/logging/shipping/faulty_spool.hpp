// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/logging/shipping/memory_spool.hpp>

#include <cstddef>
#include <limits>

namespace outrigger::logging {

// A spool in memory that can be told to refuse.
class FaultySpool final : public Spool {
public:
    explicit FaultySpool(Bytes max) : spool_{max, "abcdefghijklmnop"} {}

    Result<void> commit(const SpoolChange& change) noexcept override {
        ++commits;
        std::size_t bytes = 0;
        for (const Batch& batch : change.add) bytes += batch.lines.size();
        if (refuses || bytes > takes_at_once) return Fault{.reason = Reason::overloaded, .detail = "disk full"};
        return spool_.commit(change);
    }
    Result<std::optional<Batch>> next_after(std::int64_t id) noexcept override {
        ++reads;
        if (unreadable) return Fault{.reason = Reason::overloaded, .detail = "bad disk"};
        return spool_.next_after(id);
    }
    std::vector<Gap> gaps() const override { return spool_.gaps(); }
    Ledger ledger() const noexcept override { return spool_.ledger(); }
    SpoolState state() const override { return spool_.state(); }
    std::string_view identity() const noexcept override { return spool_.identity(); }

    bool refuses = false;
    bool unreadable = false;
    std::size_t takes_at_once = std::numeric_limits<std::size_t>::max();   // bytes
    int commits = 0;
    int reads = 0;

private:
    MemorySpool spool_;
};

}   // namespace outrigger::logging
