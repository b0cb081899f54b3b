// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sqlite.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include <outrigger/logging/shipping/books.hpp>
#include <outrigger/logging/shipping/ship.hpp>
#include <outrigger/logging/shipping/spool.hpp>

namespace outrigger::logging {

// What stands in the books of a spool file: one row, with a CRC of its own.
struct StoredBooks {
    Books::Contents contents;
    std::int64_t last_id = 0;             // of a batch; never given again
    std::uint64_t quarantine_kept = 0;    // rows
    std::uint64_t quarantine_bytes = 0;   // of their texts
};

// A batch without its lines.
struct StoredBatch {
    Batch head;
    std::uint64_t bytes = 0;   // of its lines
};

// The tables of a spool: one SQLite database in WAL mode with a single connection that locks it for itself, so that no
// shared memory is needed (and the WAL-reset bug of releases before 3.51.3, which takes two connections, cannot occur).
// Knows how things are stored, not which and when. Functions return SQLite's result codes; none of them throws.
class SpoolFile {
public:
    static constexpr std::int64_t format = 1;             // PRAGMA user_version; set when all else is there
    static constexpr std::int64_t application = 0x6f757472;   // PRAGMA application_id: "outr"
    // Large pages: a batch of 1 MiB costs 1.7 ms of CPU to store, read and remove with 32 KiB, 3.3 ms with 4 KiB; a
    // batch of one record writes three of them. Growth comes in chunks.
    static constexpr std::int64_t page_bytes = 32 * 1024;
    static constexpr std::int64_t chunk_bytes = 1 << 20;

    enum class Access : std::uint8_t {
        store,
        look,      // changes nothing, not even the files
        salvage,   // a damaged file: reads what it can
    };
    enum class Found : std::uint8_t {
        spool,
        nothing,        // an empty file
        newer_format,
        foreign,        // some other database
    };

    // SQLITE_OK does not mean that it is a spool: see found().
    [[nodiscard]] int open(const std::string& path, Access access, SpoolSync sync) noexcept;
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return db_ != nullptr; }
    [[nodiscard]] Found found() const noexcept { return found_; }
    [[nodiscard]] std::int64_t found_format() const noexcept { return found_format_; }
    // Makes the tables. One of version 0 is not taken for a spool yet.
    [[nodiscard]] int create(std::int64_t version) noexcept;
    [[nodiscard]] int set_version(std::int64_t version) noexcept;

    [[nodiscard]] int begin() noexcept { return begin_.run(); }
    [[nodiscard]] int commit() noexcept { return commit_.run(); }
    void roll_back() noexcept;

    // SQLITE_CORRUPT for books whose CRC is wrong.
    [[nodiscard]] int read_books(StoredBooks& books) noexcept;
    [[nodiscard]] int write_books(const StoredBooks& books) noexcept;

    [[nodiscard]] int insert(const Batch& batch) noexcept;
    [[nodiscard]] int remove(std::int64_t id) noexcept;
    // SQLITE_ROW: `batch` is the next one above (below) `id`. SQLITE_DONE: there is none.
    [[nodiscard]] int head_of(std::int64_t id, StoredBatch& batch) noexcept;   // exactly this one
    [[nodiscard]] int head_after(std::int64_t id, StoredBatch& batch) noexcept;
    [[nodiscard]] int head_before(std::int64_t id, StoredBatch& batch) noexcept;
    [[nodiscard]] int head_after(std::int64_t id, Severity severity, StoredBatch& batch) noexcept;
    // The lines of the row that a head was read from. Not intact: its CRC is wrong.
    [[nodiscard]] int read_lines(Batch& batch, bool& intact) noexcept;

    [[nodiscard]] int set_aside(const Quarantined& record, WallTime at) noexcept;
    [[nodiscard]] int remove_oldest_quarantined(std::uint64_t& bytes) noexcept;
    struct StoredQuarantined {
        std::int64_t id = 0;
        Quarantined record;
        WallTime at;
    };
    [[nodiscard]] int quarantined_after(std::int64_t id, StoredQuarantined& record) noexcept;

    // Pages that hold something, and all.
    [[nodiscard]] int pages(std::int64_t& used, std::int64_t& all) noexcept;
    // So many the file can have if it takes so many bytes more of the disk.
    [[nodiscard]] int pages_with(std::uint64_t more_bytes, std::int64_t& pages) noexcept;
    // Makes sure that the file itself has so many, so that a checkpoint never needs room on the disk. To be asked for no
    // more than the disk has: it would be taken all the same.
    [[nodiscard]] int reserve(std::int64_t pages) noexcept;
    [[nodiscard]] int limit_pages(std::int64_t pages) noexcept;
    [[nodiscard]] std::int64_t wal_bytes() const noexcept { return std::int64_t{wal_frames_} * page_bytes; }
    [[nodiscard]] int limit_wal(std::int64_t bytes) noexcept;
    // Puts the log away. Its file stays, to be written from its beginning, or is given back to the disk.
    enum class Log : std::uint8_t { keep, truncate };
    [[nodiscard]] int checkpoint(Log log = Log::keep) noexcept;

    [[nodiscard]] const char* message() const noexcept { return sqlite3_errmsg(db_.get()); }

private:
    [[nodiscard]] int configure(Access access, SpoolSync sync) noexcept;
    [[nodiscard]] int identify() noexcept;
    [[nodiscard]] int prepare() noexcept;
    [[nodiscard]] int read_head(Statement& statement, StoredBatch& batch) noexcept;
    [[nodiscard]] int read_integer(const char* sql, std::int64_t& value) noexcept;

    Database db_;
    Found found_ = Found::nothing;
    std::int64_t found_format_ = 0;
    int wal_frames_ = 0;
    Statement begin_, commit_, roll_back_, read_books_, write_books_, insert_, remove_, head_of_, head_after_,
        head_before_, head_of_severity_, lines_, set_aside_, oldest_quarantined_, remove_quarantined_,
        quarantined_after_, page_count_, free_count_;
};

}   // namespace outrigger::logging
