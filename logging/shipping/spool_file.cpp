// SPDX-License-Identifier: Apache-2.0
#include "spool_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <string_view>

namespace outrigger::logging {
namespace {

constexpr const char* schema =
    "CREATE TABLE batches(id INTEGER PRIMARY KEY, severity INTEGER NOT NULL, first_sequence INTEGER NOT NULL,"
    " records INTEGER NOT NULL, accepted INTEGER NOT NULL, crc INTEGER NOT NULL, lines BLOB NOT NULL);"
    "CREATE INDEX batches_by_severity ON batches(severity);"   // each entry ends with the id
    "CREATE TABLE quarantine(id INTEGER PRIMARY KEY, reason INTEGER NOT NULL, detail TEXT NOT NULL,"
    " line BLOB NOT NULL, at INTEGER NOT NULL);";

constexpr const char* head_columns =
    "SELECT id, severity, first_sequence, records, accepted, length(lines) FROM batches ";

// Every count of the books, under the name of its column, which comes in three pieces.
template <class Visit>
void each_count(StoredBooks& books, Visit visit) {
    auto& [ledger, waiting, batches, gaps] = books.contents;
    visit("accepted", "", "", ledger.accepted);
    visit("delivered", "", "", ledger.delivered);
    for (std::size_t i = 0; i < rejection_words.size(); ++i)
        visit("quarantined_", rejection_words[i], "", ledger.quarantined[i]);
    for (std::size_t i = 0; i < loss_words.size(); ++i) visit("dropped_", loss_words[i], "", ledger.dropped[i]);
    for (std::size_t i = 0; i < severity_count; ++i) visit("waiting_", severity_words[i], "", waiting[i]);
    visit("batches", "", "", batches);
    visit("quarantine_kept", "", "", books.quarantine_kept);
    visit("quarantine_bytes", "", "", books.quarantine_bytes);
    visit("last_id", "", "", books.last_id);
    for (std::size_t i = 0; i < loss_words.size(); ++i) {
        visit("gap_", loss_words[i], "_low", gaps[i].records[0]);
        visit("gap_", loss_words[i], "_normal", gaps[i].records[1]);
        visit("gap_", loss_words[i], "_high", gaps[i].records[2]);
        visit("gap_", loss_words[i], "_first", gaps[i].first);
        visit("gap_", loss_words[i], "_last", gaps[i].last);
    }
}
constexpr std::size_t count_columns = 25;

std::int64_t stored(std::uint64_t count) noexcept { return static_cast<std::int64_t>(count); }
std::int64_t stored(std::int64_t count) noexcept { return count; }
std::int64_t stored(WallTime at) noexcept { return at.time_since_epoch().count(); }
void restore(std::int64_t from, std::uint64_t& count) noexcept { count = static_cast<std::uint64_t>(from); }
void restore(std::int64_t from, std::int64_t& count) noexcept { count = from; }
void restore(std::int64_t from, WallTime& at) noexcept { at = WallTime{Duration{from}}; }

// The columns of the books with something before and behind each.
std::string book_columns(const char* before, const char* behind) {
    StoredBooks books;
    std::string columns;
    each_count(books, [&](std::string_view what, std::string_view word, std::string_view part, auto&) {
        columns.append(before).append(what).append(word).append(part).append(behind);
    });
    return columns;
}

std::uint32_t crc_of(std::uint32_t crc, const void* bytes, std::size_t size) noexcept {
    return static_cast<std::uint32_t>(crc32_z(crc, static_cast<const Bytef*>(bytes), size));
}

std::uint32_t crc_of(std::span<const std::int64_t> numbers, std::string_view bytes) noexcept {
    static_assert(std::endian::native == std::endian::little, "a spool is not for another kind of machine");
    const std::uint32_t crc = crc_of(0, numbers.data(), numbers.size_bytes());
    return bytes.empty() ? crc : crc_of(crc, bytes.data(), bytes.size());   // zlib begins anew for no bytes at nullptr
}

std::uint32_t crc_of(const Batch& batch) noexcept {
    const std::array<std::int64_t, 5> numbers{batch.id, static_cast<std::int64_t>(batch.severity),
                                              stored(batch.first_sequence), batch.records, stored(batch.accepted)};
    return crc_of(numbers, batch.lines);
}

constexpr std::uint64_t beyond_any_cap = std::uint64_t{1} << 50;   // bytes

int count_frames(void* frames, sqlite3*, const char*, int count) noexcept {
    *static_cast<int*>(frames) = count;
    return SQLITE_OK;
}

}   // namespace

int SpoolFile::open(const std::string& path, Access access, SpoolSync sync) noexcept {
    close();
    sqlite3* db = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (access == Access::store ? SQLITE_OPEN_CREATE : 0);
    const int opened = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
    db_.reset(db);
    if (opened != SQLITE_OK) return opened;
    sqlite3_extended_result_codes(db, 1);
    if (const int code = configure(access, sync); code != SQLITE_OK) return code;
    if (const int code = identify(); code != SQLITE_OK) return code;
    const bool ours = found_ == Found::spool || found_ == Found::nothing;
    if (access == Access::store && ours)
        if (const int code = execute(db, "PRAGMA journal_mode=WAL"); code != SQLITE_OK) return code;
    return found_ == Found::spool ? prepare() : SQLITE_OK;
}

void SpoolFile::close() noexcept {
    for (Statement* statement : {&begin_, &commit_, &roll_back_, &read_books_, &write_books_, &insert_, &remove_, &head_of_,
                                 &head_after_, &head_before_, &head_of_severity_, &lines_, &set_aside_,
                                 &oldest_quarantined_, &remove_quarantined_, &quarantined_after_, &page_count_,
                                 &free_count_})
        *statement = {};
    db_.reset();
    wal_frames_ = 0;
}

int SpoolFile::configure(Access access, SpoolSync sync) noexcept {
    sqlite3* db = db_.get();
    sqlite3_wal_hook(db, count_frames, &wal_frames_);   // instead of automatic checkpoints
    if (access == Access::salvage) sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);   // reads truncated files
    if (access != Access::store) sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    int chunk = chunk_bytes;
    if (access == Access::store) sqlite3_file_control(db, "main", SQLITE_FCNTL_CHUNK_SIZE, &chunk);
    // A commit is written once and at its end, whatever its size; the cache holds some batches for their removal. What is
    // removed is not overwritten (as some builds of SQLite do by default): a batch would be written a third time, and
    // room could only be made where there is as much of it.
    std::string pragmas = "PRAGMA page_size=" + std::to_string(page_bytes) +
                          "; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_spill=OFF; PRAGMA cache_size=-4096;"
                          "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=FAST;";
    pragmas += sync == SpoolSync::power ? "PRAGMA synchronous=FULL;" : "PRAGMA synchronous=NORMAL;";
    if (access != Access::store) pragmas += "PRAGMA query_only=ON;";
    return execute(db, pragmas);
}

int SpoolFile::read_integer(const char* sql, std::int64_t& value) noexcept {
    Statement statement;
    if (const int code = statement.prepare(db_.get(), sql); code != SQLITE_OK) return code;
    const int code = statement.step();
    if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_CORRUPT : code;
    value = statement.integer(0);
    return SQLITE_OK;
}

int SpoolFile::identify() noexcept {
    std::int64_t application_found = 0;
    std::int64_t tables = 0;
    if (const int code = read_integer("PRAGMA user_version", found_format_); code != SQLITE_OK) return code;
    if (const int code = read_integer("PRAGMA application_id", application_found); code != SQLITE_OK) return code;
    if (const int code = read_integer("SELECT count(*) FROM sqlite_schema", tables); code != SQLITE_OK) return code;
    if (application_found == application)
        found_ = found_format_ == format ? Found::spool : found_format_ > format ? Found::newer_format : Found::nothing;
    else
        found_ = tables == 0 && application_found == 0 ? Found::nothing : Found::foreign;
    return SQLITE_OK;
}

int SpoolFile::create(std::int64_t version) noexcept {
    const std::string sql = "BEGIN IMMEDIATE;" + std::string{schema} + "CREATE TABLE books(" +
                            book_columns("", " INTEGER NOT NULL DEFAULT 0, ") + "crc INTEGER NOT NULL DEFAULT 0);" +
                            "INSERT INTO books DEFAULT VALUES;" +
                            "PRAGMA application_id=" + std::to_string(application) + "; PRAGMA user_version=" + std::to_string(version);
    int code = execute(db_.get(), sql);
    if (code == SQLITE_OK) code = prepare();
    if (code == SQLITE_OK) code = write_books({});
    if (code == SQLITE_OK) code = commit();
    found_ = Found::spool;
    return code;
}

int SpoolFile::set_version(std::int64_t version) noexcept {
    return execute(db_.get(), "PRAGMA user_version=" + std::to_string(version));
}

int SpoolFile::prepare() noexcept {
    const std::string heads = head_columns;
    const std::string names = book_columns("", ", ");
    const struct {
        Statement& statement;
        std::string sql;
    } all[] = {
        {begin_, "BEGIN IMMEDIATE"},
        {commit_, "COMMIT"},
        {roll_back_, "ROLLBACK"},
        {read_books_, "SELECT " + names + "crc FROM books"},
        {write_books_, "UPDATE books SET " + book_columns("", "=?, ") + "crc=?"},
        {insert_, "INSERT INTO batches VALUES(?, ?, ?, ?, ?, ?, ?)"},
        {remove_, "DELETE FROM batches WHERE id=?"},
        {head_of_, heads + "WHERE id=?"},
        {head_after_, heads + "WHERE id>? ORDER BY id LIMIT 1"},
        {head_before_, heads + "WHERE id<? ORDER BY id DESC LIMIT 1"},
        {head_of_severity_, heads + "WHERE severity=? AND id>? ORDER BY id LIMIT 1"},
        {lines_, "SELECT crc, lines FROM batches WHERE id=?"},
        {set_aside_, "INSERT INTO quarantine(reason, detail, line, at) VALUES(?, ?, ?, ?)"},
        {oldest_quarantined_, "SELECT id, length(CAST(detail AS BLOB)) + length(line) FROM quarantine ORDER BY id LIMIT 1"},
        {remove_quarantined_, "DELETE FROM quarantine WHERE id=?"},
        {quarantined_after_, "SELECT id, reason, detail, line, at FROM quarantine WHERE id>? ORDER BY id LIMIT 1"},
        {page_count_, "PRAGMA page_count"},
        {free_count_, "PRAGMA freelist_count"},
    };
    for (const auto& [statement, sql] : all)
        if (const int code = statement.prepare(db_.get(), sql); code != SQLITE_OK) return code;
    return SQLITE_OK;
}

void SpoolFile::roll_back() noexcept {
    if (sqlite3_get_autocommit(db_.get()) == 0) static_cast<void>(roll_back_.run());
}

int SpoolFile::read_books(StoredBooks& books) noexcept {
    const int code = read_books_.step();
    if (code != SQLITE_ROW) {
        read_books_.reset();
        return code == SQLITE_DONE ? SQLITE_CORRUPT : code;
    }
    std::array<std::int64_t, count_columns> values{};
    int column = 0;
    each_count(books, [&](auto, auto, auto, auto& count) {
        const std::int64_t value = read_books_.integer(column);
        values[static_cast<std::size_t>(column++)] = value;
        restore(value, count);
    });
    const bool intact = read_books_.integer(column) == std::int64_t{crc_of(values, {})};
    read_books_.reset();
    return intact ? SQLITE_OK : SQLITE_CORRUPT;
}

int SpoolFile::write_books(const StoredBooks& books) noexcept {
    std::array<std::int64_t, count_columns> values{};
    int column = 0;
    StoredBooks copy = books;   // visited by reference, and not changed
    each_count(copy, [&](auto, auto, auto, auto& count) {
        values[static_cast<std::size_t>(column)] = stored(count);
        write_books_.bind(column++, stored(count));
    });
    return write_books_.bind(column, std::int64_t{crc_of(values, {})}).run();
}

int SpoolFile::insert(const Batch& batch) noexcept {
    insert_.bind(0, batch.id).bind(1, static_cast<std::int64_t>(batch.severity)).bind(2, batch.first_sequence);
    insert_.bind(3, std::int64_t{batch.records}).bind(4, stored(batch.accepted)).bind(5, std::int64_t{crc_of(batch)});
    return insert_.bind_blob(6, batch.lines).run();
}

int SpoolFile::remove(std::int64_t id) noexcept { return remove_.bind(0, id).run(); }

int SpoolFile::read_head(Statement& statement, StoredBatch& batch) noexcept {
    const int code = statement.step();
    if (code == SQLITE_ROW) {
        const std::int64_t severity = statement.integer(1);
        batch.head.id = statement.integer(0);
        // A damaged one is of some severity, too; its CRC tells.
        batch.head.severity = severity >= 0 && severity < 3 ? static_cast<Severity>(severity) : Severity::low;
        batch.head.first_sequence = statement.count(2);
        batch.head.records = static_cast<std::uint32_t>(statement.integer(3));
        restore(statement.integer(4), batch.head.accepted);
        batch.bytes = statement.count(5);
    }
    statement.reset();
    return code;
}

int SpoolFile::head_of(std::int64_t id, StoredBatch& batch) noexcept { return read_head(head_of_.bind(0, id), batch); }
int SpoolFile::head_after(std::int64_t id, StoredBatch& batch) noexcept { return read_head(head_after_.bind(0, id), batch); }
int SpoolFile::head_before(std::int64_t id, StoredBatch& batch) noexcept { return read_head(head_before_.bind(0, id), batch); }
int SpoolFile::head_after(std::int64_t id, Severity severity, StoredBatch& batch) noexcept {
    return read_head(head_of_severity_.bind(0, static_cast<std::int64_t>(severity)).bind(1, id), batch);
}

int SpoolFile::read_lines(Batch& batch, bool& intact) noexcept {
    const int code = lines_.bind(0, batch.id).step();
    if (code == SQLITE_ROW) {
        const std::int64_t crc = lines_.integer(0);
        batch.lines = lines_.bytes(1);
        intact = crc == std::int64_t{crc_of(batch)};
    }
    lines_.reset();
    return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

int SpoolFile::set_aside(const Quarantined& record, WallTime at) noexcept {
    set_aside_.bind(0, static_cast<std::int64_t>(record.reason)).bind_text(1, record.detail);
    return set_aside_.bind_blob(2, record.line).bind(3, stored(at)).run();
}

int SpoolFile::remove_oldest_quarantined(std::uint64_t& bytes) noexcept {
    const int code = oldest_quarantined_.step();
    const std::int64_t id = oldest_quarantined_.integer(0);
    bytes = oldest_quarantined_.count(1);
    oldest_quarantined_.reset();
    return code == SQLITE_ROW ? remove_quarantined_.bind(0, id).run() : code;
}

int SpoolFile::quarantined_after(std::int64_t id, StoredQuarantined& record) noexcept {
    const int code = quarantined_after_.bind(0, id).step();
    if (code == SQLITE_ROW) {
        const std::uint64_t reason = quarantined_after_.count(1);
        record.id = quarantined_after_.integer(0);
        record.record.reason = reason < rejection_words.size() ? static_cast<Rejection>(reason) : Rejection::rejected;
        record.record.detail = quarantined_after_.bytes(2);
        record.record.line = quarantined_after_.bytes(3);
        restore(quarantined_after_.integer(4), record.at);
    }
    quarantined_after_.reset();
    return code;
}

int SpoolFile::pages(std::int64_t& used, std::int64_t& all) noexcept {
    const int counted = page_count_.step();
    all = page_count_.integer(0);
    page_count_.reset();
    const int free_counted = free_count_.step();
    used = all - free_count_.integer(0);
    free_count_.reset();
    if (counted != SQLITE_ROW) return counted;
    return free_counted == SQLITE_ROW ? SQLITE_OK : free_counted;
}

int SpoolFile::pages_with(std::uint64_t more_bytes, std::int64_t& pages) noexcept {
    sqlite3_file* file = nullptr;
    sqlite3_int64 bytes = 0;
    int code = sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code == SQLITE_OK) code = file->pMethods->xFileSize(file, &bytes);
    bytes += static_cast<std::int64_t>(std::min(more_bytes, beyond_any_cap));
    pages = bytes / chunk_bytes * chunk_bytes / page_bytes;
    return code;
}

int SpoolFile::reserve(std::int64_t pages) noexcept {
    sqlite3_int64 bytes = pages * page_bytes;
    return sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_SIZE_HINT, &bytes);
}

int SpoolFile::limit_pages(std::int64_t pages) noexcept {
    return execute(db_.get(), "PRAGMA max_page_count=" + std::to_string(pages));
}

int SpoolFile::limit_wal(std::int64_t bytes) noexcept {
    return execute(db_.get(), "PRAGMA journal_size_limit=" + std::to_string(bytes));
}

int SpoolFile::checkpoint(Log log) noexcept {
    int frames = 0;
    int done = 0;
    const int how = log == Log::truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    const int code = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, how, &frames, &done);
    // The next commit writes from the beginning.
    if (code == SQLITE_OK && frames == done) wal_frames_ = 0;
    return code;
}

}   // namespace outrigger::logging
