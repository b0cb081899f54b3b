// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/sqlite_spool.hpp>

#include "salvage.hpp"
#include "spool_directory.hpp"
#include "spool_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>

#include <outrigger/core/units_text.hpp>

namespace outrigger::logging {
namespace {

constexpr Duration patience = std::chrono::seconds{2};   // with who looks into the spool just then
constexpr std::int64_t least_wal = 512 << 10;   // bytes; less would mean a checkpoint at every other batch

// How `max` is shared out: twice the size at which the write-ahead log is put away (it may be overrun by one commit), the
// ballast, a sixteenth for the quarantine, and the rest.
struct Shares {
    explicit Shares(Bytes max)
        : wal{std::clamp<std::int64_t>(static_cast<std::int64_t>(max.count() / 32), least_wal, 16 << 20)},
          ballast{std::clamp<std::uint64_t>(max.count() / 64, 512 << 10, 8 << 20)},
          quarantine{max.count() / 16} {
        const std::int64_t file = static_cast<std::int64_t>(max.count() - ballast.count()) - 2 * wal;
        pages = file / SpoolFile::chunk_bytes * SpoolFile::chunk_bytes / SpoolFile::page_bytes;
    }

    std::int64_t wal;   // bytes
    Bytes ballast;
    std::uint64_t quarantine;   // bytes
    std::int64_t pages = 0;     // of the database
};

// What storing so many bytes may take: whole pages for long ones, and what the tables need besides: a leaf each for
// the batch and its index, one that splits, and the books.
constexpr std::int64_t pages_for(std::uint64_t bytes) noexcept {
    return static_cast<std::int64_t>(bytes) / (SpoolFile::page_bytes - 16) + 6;
}
constexpr std::uint32_t many_evictions = 64;   // in one step
constexpr std::int64_t spare_pages = 4;   // for the trees to grow; limits what max_page_count refuses to errors of ours

SpoolSettings checked(SpoolSettings settings) {
    if (settings.max == Bytes{}) settings.max = SqliteSpool::max_by_default;
    if (settings.dir.empty()) throw std::invalid_argument{"a spool on disk needs a directory"};
    if (settings.max < SqliteSpool::max_at_least)
        throw std::invalid_argument{"found a spool of " + to_string(settings.max) + " in " + settings.dir +
                                    ", expected " + to_string(SqliteSpool::max_at_least) + " or more"};
    return settings;
}

// Whether something that matters more waits.
bool outranked(Severity severity, const Books& books) noexcept {
    const auto& waiting = books.contents().waiting;
    return std::any_of(waiting.begin() + static_cast<int>(severity) + 1, waiting.end(), [](auto count) { return count > 0; });
}

}   // namespace

class SqliteSpool::Store {
public:
    explicit Store(const SpoolSettings& settings)
        : settings_{checked(settings)},
          shares_{settings_.max},
          paths_{settings_.dir},
          lock_{settings_.dir, SpoolLock::Directory::make, patience},
          ballast_{settings_.dir, shares_.ballast},
          identity_{random_identity(Rng::from_system())} {
        open();
    }

    Result<void> commit(const SpoolChange& change) noexcept;
    Result<std::optional<Batch>> next_after(std::int64_t id) noexcept;
    [[nodiscard]] SpoolState state() const;
    [[nodiscard]] const Books& books() const noexcept { return books_; }
    [[nodiscard]] const std::string& identity() const noexcept { return identity_; }

private:
    // What a transaction works on; taken over when it is committed.
    struct Draft {
        Books books;
        StoredBooks stored;   // but for its contents
        std::int64_t first_new = 0;
        std::int64_t room = 0;   // pages
        std::int64_t on_disk = 0;   // pages the file can have
        std::uint32_t evictions = std::numeric_limits<std::uint32_t>::max();   // that are left to it
        std::array<std::int64_t, severity_count> passed{};   // by Severity: a batch up to which none is to be evicted
    };

    enum class Known : std::uint8_t { books, nothing };

    void open();
    void finish_replacing() noexcept;
    [[nodiscard]] int rebuild(Known known, const std::string& why, WallTime now) noexcept;
    [[nodiscard]] bool give_all_room() noexcept;
    [[nodiscard]] int copy_to_successor(Known known, WallTime now, Salvaged& salvaged) noexcept;
    [[nodiscard]] int enforce_cap() noexcept;
    [[nodiscard]] int keep_log_small() noexcept;
    template <class Attempt>
    [[nodiscard]] int whatever_the_disk_gives(Attempt attempt) noexcept;
    template <class Work>
    [[nodiscard]] int transact(Work work) noexcept;
    [[nodiscard]] int look_at_the_disk(Draft& draft) noexcept;
    [[nodiscard]] int attempt(const SpoolChange& change) noexcept;
    [[nodiscard]] int attempt_in_steps(const SpoolChange& change) noexcept;
    [[nodiscard]] int settle_in_steps(const SpoolChange& change) noexcept;
    [[nodiscard]] int make_room_in_steps(const SpoolChange& change) noexcept;
    [[nodiscard]] int make_room_in_steps(std::int64_t pages, Severity most, const SpoolChange& change) noexcept;
    [[nodiscard]] int apply(const SpoolChange& change, Draft& draft) noexcept;
    [[nodiscard]] int settle(const Fate& fate, const SpoolChange& change, Draft& draft) noexcept;
    [[nodiscard]] int set_aside(const Quarantined& record, WallTime now, Draft& draft) noexcept;
    [[nodiscard]] int add_all(const SpoolChange& change, Draft& draft) noexcept;
    [[nodiscard]] int add(Batch& batch, const SpoolChange& change, Draft& draft) noexcept;
    [[nodiscard]] int make_room(std::int64_t pages, Severity most, const SpoolChange& change, Draft& draft) noexcept;
    [[nodiscard]] int evict_one(Severity severity, const SpoolChange& change, Draft& draft) noexcept;
    [[nodiscard]] int trim_quarantine(Draft& draft) noexcept;
    [[nodiscard]] int drop_corrupt(const Batch& batch) noexcept;
    [[nodiscard]] int finish(Draft& draft) noexcept;
    [[nodiscard]] Draft draft() const noexcept;
    [[nodiscard]] int has_room(std::int64_t pages, Draft& draft) noexcept;
    void shrink_log() noexcept;
    void free_the_disk() noexcept;
    void tidy_up() noexcept;
    Fault fail(int code) noexcept;
    [[nodiscard]] std::string sentence(int code) const;

    SpoolSettings settings_;
    Shares shares_;
    SpoolPaths paths_;
    SpoolLock lock_;
    Ballast ballast_;
    std::string identity_;   // anew each time: what was lost with the power must not have had the same ids
    SpoolFile file_;
    Books books_;
    StoredBooks stored_;   // but for its contents, which are those of books_
    std::int64_t wal_limit_ = shares_.wal;   // bytes
    bool lost_books_ = false;
    bool disk_full_ = false;   // until there is a ballast again the file must leave the log its room
    std::optional<WallTime> oldest_;
    std::int64_t used_pages_ = 0;
    std::string fault_;
    std::string note_;
};

void SqliteSpool::Store::open() {
    finish_replacing();
    paths_.make_private(paths_.database);
    int code = file_.open(paths_.database, SpoolFile::Access::store, settings_.sync);
    if (code == SQLITE_OK && file_.found() == SpoolFile::Found::foreign)
        throw std::runtime_error{paths_.database + " is a database, but no spool; move it away"};
    if (code == SQLITE_OK && file_.found() == SpoolFile::Found::newer_format)
        throw std::runtime_error{paths_.database + " has format " + std::to_string(file_.found_format()) +
                                 ", and this program knows formats up to " + std::to_string(SpoolFile::format)};
    if (code == SQLITE_OK && file_.found() == SpoolFile::Found::nothing)
        code = file_.create(SpoolFile::format);
    if (code == SQLITE_OK) code = file_.read_books(stored_);
    disk_full_ = !ballast_.make();
    if (is_corrupt(code))
        code = rebuild(Known::nothing, sqlite3_errstr(code), SystemClock{}.wall());
    else
        books_ = Books{stored_.contents};
    if (code == SQLITE_OK) code = enforce_cap();
    if (code != SQLITE_OK) throw std::runtime_error{sentence(code)};
}

void SqliteSpool::Store::finish_replacing() noexcept {
    if (!paths_.has_successor()) return;
    SpoolFile successor;
    // It may be complete only with its log, which closing puts away.
    const int code = successor.open(paths_.successor, SpoolFile::Access::store, settings_.sync);
    const bool complete = code == SQLITE_OK && successor.found() == SpoolFile::Found::spool;
    successor.close();
    if (complete)
        static_cast<void>(paths_.replace());   // what stays is tried again when it matters
    else
        paths_.remove(paths_.successor);
}

// What can be read of the database goes into a new one, which takes its place.
int SqliteSpool::Store::rebuild(Known known, const std::string& why, WallTime now) noexcept {
    file_.close();
    finish_replacing();
    Salvaged salvaged;
    int code = copy_to_successor(known, now, salvaged);
    if (is_full(code) && give_all_room()) code = copy_to_successor(known, now, salvaged);
    if (code != SQLITE_OK) paths_.remove(paths_.successor);
    if (code == SQLITE_OK && !paths_.replace()) code = SQLITE_CANTOPEN;
    if (code == SQLITE_OK) code = file_.open(paths_.database, SpoolFile::Access::store, settings_.sync);
    if (code != SQLITE_OK) {
        file_.close();   // the next commit tries again
        return code;
    }
    if (!why.empty())
        note_ = paths_.database + " was damaged (" + why + "): " + std::to_string(salvaged.batches) +
                " batches could be read" + (known == Known::nothing && lost_books_ ? ", the books could not" : "") +
                "; it is kept as " + paths_.corrupt;
    code = file_.limit_wal(2 * shares_.wal);
    return code == SQLITE_OK ? file_.limit_pages(shares_.pages + spare_pages) : code;
}

// Whether there was any to give.
bool SqliteSpool::Store::give_all_room() noexcept {
    const bool any = ballast_.is_there() || paths_.has_corrupt();
    free_the_disk();
    paths_.remove(paths_.corrupt);
    return any;
}

int SqliteSpool::Store::copy_to_successor(Known known, WallTime now, Salvaged& salvaged) noexcept {
    salvaged = {};
    SpoolFile damaged;
    SpoolFile successor;
    const bool readable = damaged.open(paths_.database, SpoolFile::Access::salvage, settings_.sync) == SQLITE_OK &&
                          damaged.found() == SpoolFile::Found::spool;
    StoredBooks stored = stored_;
    stored.contents = books_.contents();
    lost_books_ = known == Known::nothing && (!readable || damaged.read_books(stored) != SQLITE_OK);
    if (lost_books_) stored = {};
    SalvageLimits limits{.wal = shares_.wal};
    if (!lost_books_) limits.last_sequence = stored.contents.ledger.accepted;
    paths_.remove(paths_.successor);
    paths_.make_private(paths_.successor);
    int code = successor.open(paths_.successor, SpoolFile::Access::store, settings_.sync);
    if (code == SQLITE_OK) code = successor.create(0);
    if (code == SQLITE_OK) code = successor.limit_wal(2 * shares_.wal);
    if (code == SQLITE_OK && readable) code = salvage(damaged, successor, limits, salvaged);
    if (code != SQLITE_OK) return code;
    Books books{stored.contents};
    books.recount(salvaged.waiting, salvaged.batches, now);
    stored = {.contents = books.contents(),
              .last_id = std::max(stored.last_id, salvaged.last_id),
              .quarantine_kept = salvaged.quarantine_kept,
              .quarantine_bytes = salvaged.quarantine_bytes};
    code = successor.write_books(stored);
    if (code == SQLITE_OK) code = successor.checkpoint();
    if (code == SQLITE_OK) code = successor.set_version(SpoolFile::format);
    if (code == SQLITE_OK) code = successor.checkpoint(SpoolFile::Log::truncate);
    if (code != SQLITE_OK) return code;
    books_ = books;
    stored_ = stored;
    return SQLITE_OK;
}

// It may have been larger when it was last open.
int SqliteSpool::Store::enforce_cap() noexcept {
    if (const int code = file_.limit_wal(2 * shares_.wal); code != SQLITE_OK) return code;
    std::int64_t all = 0;
    if (const int code = file_.pages(used_pages_, all); code != SQLITE_OK) return code;
    // A full disk prevents no start; then it happens with the next commit.
    if (used_pages_ > shares_.pages)
        if (const int code = attempt({}); code != SQLITE_OK && !is_full(code)) return code;
    if (all > shares_.pages + spare_pages) {   // it never shrinks by itself
        if (const int code = rebuild(Known::books, {}, {}); code != SQLITE_OK) return code;
        paths_.remove(paths_.corrupt);
    }
    tidy_up();
    return file_.limit_pages(shares_.pages + spare_pages);
}

Result<void> SqliteSpool::Store::commit(const SpoolChange& change) noexcept {
    // Not before a damaged one has been replaced: that may need the room.
    if (disk_full_ && file_.is_open()) disk_full_ = !ballast_.make();
    int code = file_.is_open() ? keep_log_small() : SQLITE_CORRUPT;
    if (code == SQLITE_OK) code = whatever_the_disk_gives([&] { return attempt(change); });
    if (is_full(code)) {
        code = attempt_in_steps(change);
        tidy_up();   // whatever came of it, something may have left
    }
    if (is_corrupt(code)) {
        code = rebuild(Known::books, sqlite3_errstr(code), change.now);
        if (code == SQLITE_OK) code = attempt(change);
    }
    if (code != SQLITE_OK) return fail(code);
    fault_.clear();
    tidy_up();
    return {};
}

template <class Attempt>
int SqliteSpool::Store::whatever_the_disk_gives(Attempt attempt) noexcept {
    int code = attempt();
    if (is_full(code) && !disk_full_) {
        shrink_log();
        code = attempt();
    }
    if (is_full(code)) {
        free_the_disk();
        static_cast<void>(file_.checkpoint());
        code = attempt();
    }
    return code;
}

// A log that cannot be put away would grow for ever.
int SqliteSpool::Store::keep_log_small() noexcept {
    return file_.wal_bytes() > 2 * shares_.wal ? file_.checkpoint() : SQLITE_OK;
}

template <class Work>
int SqliteSpool::Store::transact(Work work) noexcept {
    Draft draft = this->draft();
    int code = file_.begin();
    if (code == SQLITE_OK) code = look_at_the_disk(draft);
    if (code == SQLITE_OK) code = work(draft);
    if (code == SQLITE_OK) code = finish(draft);
    if (code != SQLITE_OK) file_.roll_back();
    return code;
}

int SqliteSpool::Store::look_at_the_disk(Draft& draft) noexcept {
    std::int64_t used = 0;
    std::int64_t all = 0;
    if (const int code = file_.pages(used, all); code != SQLITE_OK) return code;
    if (const int code = file_.pages_with(ballast_.disk_left(), draft.on_disk); code != SQLITE_OK) return code;
    if (disk_full_) draft.room = std::min(draft.room, std::max(all, draft.on_disk));
    return SQLITE_OK;
}

int SqliteSpool::Store::attempt(const SpoolChange& change) noexcept {
    return transact([&](Draft& draft) { return apply(change, draft); });
}

// A transaction needs room in the log for every page that it touches, and making room touches many. So on a full disk
// all but the adding goes ahead in transactions of its own that need little, with the log put away between them.
int SqliteSpool::Store::attempt_in_steps(const SpoolChange& change) noexcept {
    int code = settle_in_steps(change);
    if (code == SQLITE_OK) code = make_room_in_steps(change);
    if (code == SQLITE_OK) code = file_.checkpoint();
    return code == SQLITE_OK ? attempt(change) : code;
}

int SqliteSpool::Store::settle_in_steps(const SpoolChange& change) noexcept {
    for (const Fate& fate : change.settle) {
        int code = transact([&](Draft& draft) { return settle(fate, change, draft); });
        if (is_full(code)) {
            code = file_.checkpoint();
            // Without the texts of what was refused: they must not hold up what waits.
            if (code == SQLITE_OK)
                code = transact([&](Draft& draft) {
                    draft.room = 0;
                    return settle(fate, change, draft);
                });
        }
        if (code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
}

int SqliteSpool::Store::make_room_in_steps(const SpoolChange& change) noexcept {
    int code = make_room_in_steps(0, Severity::high, change);   // what is above the cap since it was lowered
    std::uint64_t bytes = 0;
    for (std::size_t i = severity_count; i-- > 0;)
        for (const Batch& batch : change.add) {
            if (batch.severity != static_cast<Severity>(i) || code != SQLITE_OK) continue;
            bytes += batch.lines.size() + SpoolFile::page_bytes;   // whole pages
            code = make_room_in_steps(pages_for(bytes), batch.severity, change);
        }
    return code;
}

int SqliteSpool::Store::make_room_in_steps(std::int64_t pages, Severity most, const SpoolChange& change) noexcept {
    for (std::uint32_t at_once = many_evictions;;) {
        bool more = false;
        int code = transact([&](Draft& draft) {
            draft.evictions = at_once;
            const int made = make_room(pages, most, change, draft);
            more = draft.evictions == 0;
            return made == SQLITE_DONE ? SQLITE_OK : made;
        });
        if (code == SQLITE_OK && !more) return SQLITE_OK;
        if (code != SQLITE_OK && (!is_full(code) || at_once == 1)) return code;
        if (code != SQLITE_OK) at_once /= 4;
        if (code = file_.checkpoint(); code != SQLITE_OK) return code;
    }
}

SqliteSpool::Store::Draft SqliteSpool::Store::draft() const noexcept {
    return {.books = books_, .stored = stored_, .first_new = stored_.last_id + 1, .room = shares_.pages};
}

int SqliteSpool::Store::finish(Draft& draft) noexcept {
    draft.stored.contents = draft.books.contents();
    if (const int code = file_.write_books(draft.stored); code != SQLITE_OK) return code;
    if (const int code = file_.commit(); code != SQLITE_OK) return code;
    books_ = draft.books;
    stored_ = draft.stored;
    return SQLITE_OK;
}

int SqliteSpool::Store::apply(const SpoolChange& change, Draft& draft) noexcept {
    if (const int code = trim_quarantine(draft); code != SQLITE_OK) return code;   // the cap may have been lowered
    for (const Fate& fate : change.settle)
        if (const int code = settle(fate, change, draft); code != SQLITE_OK) return code;
    // What is above the cap since it was lowered.
    if (const int code = make_room(0, Severity::high, change, draft); code != SQLITE_OK && code != SQLITE_DONE) return code;
    return add_all(change, draft);
}

int SqliteSpool::Store::settle(const Fate& fate, const SpoolChange& change, Draft& draft) noexcept {
    StoredBatch batch;
    const int found = file_.head_of(fate.batch, batch);
    if (found != SQLITE_ROW) return found == SQLITE_DONE ? SQLITE_OK : found;
    draft.books.settle(batch.head.severity, batch.head.records, fate.quarantined);
    // First, so that what it took is there for what is kept of it.
    if (const int code = file_.remove(fate.batch); code != SQLITE_OK) return code;
    for (const Quarantined& record : fate.quarantined)
        if (const int code = set_aside(record, change.now, draft); code != SQLITE_OK) return code;
    return SQLITE_OK;
}

// Without room for it a text is not kept: that must not hold up what waits.
int SqliteSpool::Store::set_aside(const Quarantined& record, WallTime now, Draft& draft) noexcept {
    const std::uint64_t bytes = record.line.size() + record.detail.size();
    const int room = has_room(pages_for(bytes), draft);
    if (room == SQLITE_DONE || is_full(room)) return SQLITE_OK;
    if (room != SQLITE_OK) return room;
    if (const int code = file_.set_aside(record, now); code != SQLITE_OK) return code;
    ++draft.stored.quarantine_kept;
    draft.stored.quarantine_bytes += bytes;
    return trim_quarantine(draft);
}

int SqliteSpool::Store::trim_quarantine(Draft& draft) noexcept {
    while (draft.stored.quarantine_bytes > shares_.quarantine && draft.stored.quarantine_kept > 0) {
        std::uint64_t bytes = 0;
        const int code = file_.remove_oldest_quarantined(bytes);
        if (code == SQLITE_DONE) bytes = draft.stored.quarantine_bytes;   // there is none: the count was wrong
        if (code != SQLITE_OK && code != SQLITE_DONE) return code;
        draft.stored.quarantine_bytes -= std::min(bytes, draft.stored.quarantine_bytes);
        draft.stored.quarantine_kept = code == SQLITE_DONE ? 0 : draft.stored.quarantine_kept - 1;
    }
    return SQLITE_OK;
}

// What matters more comes first, so that nothing has to make room for it again.
int SqliteSpool::Store::add_all(const SpoolChange& change, Draft& draft) noexcept {
    draft.books.tell(change.gaps_told);
    for (Batch& batch : change.add) {
        batch.id = ++draft.stored.last_id;
        batch.accepted = change.now;
    }
    bool all_high_stored = true;
    for (std::size_t i = severity_count; i-- > 0;)
        for (Batch& batch : change.add) {
            if (batch.severity != static_cast<Severity>(i)) continue;
            if (const int code = add(batch, change, draft); code != SQLITE_OK) return code;
            if (batch.id == 0 && batch.severity == Severity::high) all_high_stored = false;
        }
    if (!all_high_stored) draft.books.take_back(change.gaps_told);
    return SQLITE_OK;
}

// A full disk is not the cap: there a batch is only given up for one that matters more, else it is a fault, and waits.
int SqliteSpool::Store::add(Batch& batch, const SpoolChange& change, Draft& draft) noexcept {
    const int code = make_room(pages_for(batch.lines.size()), batch.severity, change, draft);
    if (code == SQLITE_DONE && disk_full_ && !outranked(batch.severity, draft.books)) return SQLITE_FULL;
    if (code != SQLITE_OK && code != SQLITE_DONE) return code;
    draft.books.accept(batch.severity, batch.records);
    if (code == SQLITE_OK) return file_.insert(batch);
    draft.books.lose(Loss::evicted, batch.severity, batch.records, batch.accepted);
    batch.id = 0;
    return SQLITE_OK;
}

// SQLITE_OK: there are so many pages. SQLITE_DONE: there are not, nothing that may be evicted is left.
int SqliteSpool::Store::make_room(std::int64_t pages, Severity most, const SpoolChange& change, Draft& draft) noexcept {
    int code = has_room(pages, draft);
    for (std::size_t i = 0; i <= static_cast<std::size_t>(most); ++i)
        while (code == SQLITE_DONE && pages <= draft.room) {
            code = evict_one(static_cast<Severity>(i), change, draft);
            if (code == SQLITE_DONE) break;   // none is left of this severity
            if (code == SQLITE_OK) code = has_room(pages, draft);
        }
    return code;
}

// As make_room().
int SqliteSpool::Store::has_room(std::int64_t pages, Draft& draft) noexcept {
    std::int64_t used = 0;
    std::int64_t all = 0;
    if (const int code = file_.pages(used, all); code != SQLITE_OK) return code;
    if (used + pages > draft.room) return SQLITE_DONE;
    // Room in the file is not yet room on the disk.
    if (used + pages <= all) return SQLITE_OK;
    if (used + pages <= draft.on_disk && file_.reserve(used + pages) == SQLITE_OK) return SQLITE_OK;
    if (!disk_full_) return SQLITE_FULL;
    draft.room = std::min(draft.room, all);   // somebody else took it
    return SQLITE_DONE;
}

int SqliteSpool::Store::evict_one(Severity severity, const SpoolChange& change, Draft& draft) noexcept {
    if (draft.evictions == 0) return SQLITE_DONE;
    StoredBatch oldest;
    std::int64_t& passed = draft.passed[static_cast<std::size_t>(severity)];
    int code = file_.head_after(passed, severity, oldest);
    for (; code == SQLITE_ROW && change.pins(oldest.head.id); code = file_.head_after(passed, severity, oldest))
        passed = oldest.head.id;
    if (code != SQLITE_ROW) return code;
    if (oldest.head.id >= draft.first_new) return SQLITE_DONE;
    --draft.evictions;
    draft.books.lose(Loss::evicted, oldest.head.severity, oldest.head.records, oldest.head.accepted);
    return file_.remove(oldest.head.id);
}

Result<std::optional<Batch>> SqliteSpool::Store::next_after(std::int64_t id) noexcept {
    if (!file_.is_open()) return fail(SQLITE_CORRUPT);
    for (int rebuilt = 0;;) {
        StoredBatch next;
        bool intact = false;
        int code = file_.head_after(id, next);
        if (code == SQLITE_DONE) return std::optional<Batch>{};
        if (code == SQLITE_ROW) code = file_.read_lines(next.head, intact);
        if (code == SQLITE_OK && intact) return std::optional<Batch>{std::move(next.head)};
        if (code == SQLITE_OK) code = whatever_the_disk_gives([&] { return drop_corrupt(next.head); });
        if (is_corrupt(code) && rebuilt++ == 0)
            code = rebuild(Known::books, sqlite3_errstr(code), SystemClock{}.wall());
        if (code != SQLITE_OK) return fail(code);
    }
}

int SqliteSpool::Store::drop_corrupt(const Batch& batch) noexcept {
    const int code = transact([&](Draft& draft) {
        draft.books.lose(Loss::corrupt, batch.severity, batch.records, batch.accepted);
        return file_.remove(batch.id);
    });
    if (code == SQLITE_OK) tidy_up();
    return code;
}

// On a small disk the log must not take what batches need.
void SqliteSpool::Store::shrink_log() noexcept {
    wal_limit_ = std::max(wal_limit_ / 2, least_wal);
    paths_.remove(paths_.corrupt);
    static_cast<void>(file_.checkpoint(SpoolFile::Log::truncate));
}

// From now on what the ballast took is for the log: the database does not grow into it, batches make room for each other.
void SqliteSpool::Store::free_the_disk() noexcept {
    disk_full_ = true;
    ballast_.release();
}

void SqliteSpool::Store::tidy_up() noexcept {
    // A failure shows when the log has grown too long.
    if (file_.wal_bytes() > wal_limit_) static_cast<void>(file_.checkpoint());
    std::int64_t all = 0;
    static_cast<void>(file_.pages(used_pages_, all));
    StoredBatch first;
    oldest_ = file_.head_after(0, first) == SQLITE_ROW ? std::optional{first.head.accepted} : std::nullopt;
}

Fault SqliteSpool::Store::fail(int code) noexcept {
    fault_ = sentence(code);
    return {.reason = Reason::overloaded, .detail = is_full(code) ? "the spool's disk is full" : "the spool's disk fails"};
}

std::string SqliteSpool::Store::sentence(int code) const {
    if (is_full(code)) return "the disk of " + settings_.dir + " is full";
    return paths_.database + ": " + sqlite3_errstr(code) + " (SQLite " + std::to_string(code) + ")";
}

SpoolState SqliteSpool::Store::state() const {
    const Books::Contents& books = books_.contents();
    return {.used = Bytes{static_cast<std::uint64_t>(used_pages_ * SpoolFile::page_bytes)},
            .max = settings_.max,
            .batches = books.batches,
            .waiting = books.waiting,
            .oldest = oldest_,
            .quarantine_kept = stored_.quarantine_kept,
            .fault = fault_,
            .note = note_};
}

SqliteSpool::SqliteSpool(const SpoolSettings& settings) : store_{std::make_unique<Store>(settings)} {}
SqliteSpool::~SqliteSpool() = default;
Result<void> SqliteSpool::commit(const SpoolChange& change) noexcept { return store_->commit(change); }
Result<std::optional<Batch>> SqliteSpool::next_after(std::int64_t id) noexcept { return store_->next_after(id); }
std::vector<Gap> SqliteSpool::gaps() const { return store_->books().gaps(); }
Ledger SqliteSpool::ledger() const noexcept { return store_->books().ledger(); }
SpoolState SqliteSpool::state() const { return store_->state(); }
std::string_view SqliteSpool::identity() const noexcept { return store_->identity(); }

}   // namespace outrigger::logging
