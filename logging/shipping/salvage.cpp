// SPDX-License-Identifier: Apache-2.0
#include "salvage.hpp"

#include <algorithm>

namespace outrigger::logging {
namespace {

class Copy {
public:
    Copy(SpoolFile& from, SpoolFile& to, const SalvageLimits& limits, Salvaged& salvaged)
        : from_{from}, to_{to}, limits_{limits}, salvaged_{salvaged} {}

    int run() noexcept {
        if (const int code = to_.begin(); code != SQLITE_OK) return code;
        int code = ascend();
        if (code == SQLITE_OK) code = quarantine();
        if (code == SQLITE_OK) code = to_.commit();
        if (code != SQLITE_OK) to_.roll_back();
        return code;
    }

private:
    int ascend() noexcept {
        StoredBatch batch;
        int found = from_.head_after(0, batch);
        for (; found == SQLITE_ROW && batch.head.id > last_; found = from_.head_after(last_, batch)) {
            last_ = batch.head.id;
            if (const int code = take(batch); code != SQLITE_OK) return code;
        }
        return found == SQLITE_DONE ? SQLITE_OK : descend();
    }

    // Down to where the way up ended.
    int descend() noexcept {
        StoredBatch batch;
        std::int64_t above = std::numeric_limits<std::int64_t>::max();
        while (from_.head_before(above, batch) == SQLITE_ROW && batch.head.id > last_ && batch.head.id < above) {
            above = batch.head.id;
            if (const int code = take(batch); code != SQLITE_OK) return code;
        }
        return SQLITE_OK;
    }

    int take(StoredBatch& batch) noexcept {
        bool intact = false;
        if (from_.read_lines(batch.head, intact) != SQLITE_OK || !intact) {
            ++salvaged_.unreadable;
            return SQLITE_OK;
        }
        if (batch.head.first_sequence + batch.head.records - 1 > limits_.last_sequence) return SQLITE_OK;
        if (const int code = to_.insert(batch.head); code != SQLITE_OK) return code;
        salvaged_.waiting[static_cast<std::size_t>(batch.head.severity)] += batch.head.records;
        ++salvaged_.batches;
        salvaged_.last_id = std::max(salvaged_.last_id, batch.head.id);
        return written(batch.head.lines.size());
    }

    int quarantine() noexcept {
        SpoolFile::StoredQuarantined record;
        while (from_.quarantined_after(record.id, record) == SQLITE_ROW) {
            if (const int code = to_.set_aside(record.record, record.at); code != SQLITE_OK) return code;
            const std::uint64_t bytes = record.record.line.size() + record.record.detail.size();
            ++salvaged_.quarantine_kept;
            salvaged_.quarantine_bytes += bytes;
            if (const int code = written(bytes); code != SQLITE_OK) return code;
        }
        return SQLITE_OK;
    }

    // Commits now and then, so that neither memory nor the log grow with the spool.
    int written(std::uint64_t bytes) noexcept {
        uncommitted_ += bytes + SpoolFile::page_bytes / 4;
        if (uncommitted_ < 4 << 20) return SQLITE_OK;
        uncommitted_ = 0;
        int code = to_.commit();
        if (code == SQLITE_OK && to_.wal_bytes() > limits_.wal) code = to_.checkpoint();
        return code == SQLITE_OK ? to_.begin() : code;
    }

    SpoolFile& from_;
    SpoolFile& to_;
    const SalvageLimits& limits_;
    Salvaged& salvaged_;
    std::int64_t last_ = 0;
    std::uint64_t uncommitted_ = 0;   // bytes
};

}   // namespace

int salvage(SpoolFile& from, SpoolFile& to, const SalvageLimits& limits, Salvaged& salvaged) noexcept {
    return Copy{from, to, limits, salvaged}.run();
}

}   // namespace outrigger::logging
