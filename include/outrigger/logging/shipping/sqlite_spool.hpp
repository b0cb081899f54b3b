// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <outrigger/logging/shipping/ship.hpp>
#include <outrigger/logging/shipping/spool.hpp>

namespace outrigger::logging {

// A spool in a directory, DIR/spool.db: what was committed outlives kill -9 of the process, and with SpoolSync::power
// the machine. One process has it at a time. Of one thread.
//
// Its files take `max` together: the database, its write-ahead log, and a ballast that is given up when the disk is full
// so that the least important batches can still make room. Batches are counted by the pages they take, 32 KiB each, so
// that many small commits fill it sooner. A sixteenth of `max` is for what receivers refused; the oldest of that leaves.
//
// A full disk or a failing one is a fault of commit(), never more: what is stored stays, and the next commit tries again.
// A damaged database is read as far as it can be, and replaced; the old one stays as DIR/spool.db.corrupt, until the
// next or until the disk is full. state().note says what was lost; it is in the ledger as Loss::corrupt. If the books
// themselves are lost, new ones begin with what could be read.
class SqliteSpool final : public Spool {
public:
    static constexpr Bytes max_at_least{8 << 20};
    static constexpr Bytes max_by_default{512 << 20};

    // Makes the directory, one level, if it is missing. Throws std::invalid_argument for a `max` below the least, and
    // std::runtime_error if there can be no spool: the directory cannot be written to, another process has it (and
    // still has after 2 s: it may only have looked), the file is of a newer format or something else. Both in a sentence.
    explicit SqliteSpool(const SpoolSettings& settings);
    ~SqliteSpool() override;

    Result<void> commit(const SpoolChange& change) noexcept override;
    Result<std::optional<Batch>> next_after(std::int64_t id) noexcept override;
    [[nodiscard]] std::vector<Gap> gaps() const override;
    [[nodiscard]] Ledger ledger() const noexcept override;
    [[nodiscard]] SpoolState state() const override;
    [[nodiscard]] std::string_view identity() const noexcept override;

private:
    class Store;
    std::unique_ptr<Store> store_;
};

}   // namespace outrigger::logging
