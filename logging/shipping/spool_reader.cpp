// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/spool_reader.hpp>

#include "spool_directory.hpp"
#include "spool_file.hpp"

#include <algorithm>

namespace outrigger::logging {

SpoolReport report_of(std::string dir, const Ledger& ledger, const SpoolState& state) {
    SpoolReport report{.dir = std::move(dir),
                       .ledger = ledger,
                       .used = state.used,
                       .max = state.max,
                       .oldest = state.oldest,
                       .quarantine_kept = state.quarantine_kept,
                       .fault = state.fault,
                       .note = state.note};
    for (std::size_t i = 0; i < severity_count; ++i) report.stored[i].records = state.waiting[i];
    return report;
}

class SpoolReader::Parts {
public:
    explicit Parts(const std::string& dir)
        : dir_{dir}, paths_{dir}, lock_{dir, SpoolLock::Directory::must_be_there} {
        check(file_.open(paths_.database, SpoolFile::Access::look, SpoolSync::process));
        if (file_.found() == SpoolFile::Found::newer_format)
            throw std::runtime_error{paths_.database + " has format " + std::to_string(file_.found_format()) +
                                     ", and this program knows formats up to " + std::to_string(SpoolFile::format)};
        if (file_.found() != SpoolFile::Found::spool) throw std::runtime_error{paths_.database + " is no spool"};
        check(file_.read_books(books_));
    }

    SpoolReport report() {
        SpoolReport report{.dir = dir_,
                           .ledger = books_.contents.ledger,
                           .quarantine_kept = books_.quarantine_kept,
                           .gaps = Books{books_.contents}.gaps()};
        report.ledger.spooled = Books{books_.contents}.ledger().spooled;
        std::int64_t used = 0;
        std::int64_t all = 0;
        check(file_.pages(used, all));
        report.used = Bytes{static_cast<std::uint64_t>(used * SpoolFile::page_bytes)};
        each_head([&](const StoredBatch& batch) {
            StoredOfSeverity& of = report.stored[static_cast<std::size_t>(batch.head.severity)];
            ++of.batches;
            of.records += batch.head.records;
            of.bytes = Bytes{of.bytes.count() + batch.bytes};
            of.oldest = std::min(of.oldest.value_or(batch.head.accepted), batch.head.accepted);
            report.oldest = std::min(report.oldest.value_or(batch.head.accepted), batch.head.accepted);
            return true;
        });
        return report;
    }

    std::uint64_t each_batch(const std::function<bool(const Batch&)>& visit) {
        std::uint64_t damaged = 0;
        each_head([&](StoredBatch& batch) {
            bool intact = false;
            if (file_.read_lines(batch.head, intact) == SQLITE_OK && intact) return visit(batch.head);
            ++damaged;
            return true;
        });
        return damaged;
    }

    void each_quarantined(const std::function<bool(const Quarantined&, WallTime)>& visit) {
        SpoolFile::StoredQuarantined stored;
        int code = file_.quarantined_after(0, stored);
        while (code == SQLITE_ROW && visit(stored.record, stored.at)) code = file_.quarantined_after(stored.id, stored);
        if (code != SQLITE_ROW && code != SQLITE_DONE) check(code);
    }

    std::vector<std::string> verify() {
        std::vector<std::string> wrong;
        std::array<std::uint64_t, severity_count> waiting{};
        std::uint64_t batches = 0;
        const std::uint64_t damaged = each_batch([&](const Batch& batch) {
            waiting[static_cast<std::size_t>(batch.severity)] += batch.records;
            ++batches;
            const auto lines = static_cast<std::uint64_t>(std::count(batch.lines.begin(), batch.lines.end(), '\n'));
            if (lines != batch.records)
                wrong.push_back("batch " + std::to_string(batch.id) + " has " + std::to_string(lines) + " lines, and says " +
                                std::to_string(batch.records));
            return true;
        });
        if (damaged > 0) wrong.push_back(std::to_string(damaged) + " batches do not read back as they were stored");
        if (damaged == 0 && (waiting != books_.contents.waiting || batches != books_.contents.batches))
            wrong.push_back("the books count other batches than those that wait");
        if (!report().ledger.balanced()) wrong.push_back("the ledger is not balanced");
        return wrong;
    }

private:
    template <class Visit>
    void each_head(Visit visit) {
        StoredBatch batch;
        int code = file_.head_after(0, batch);
        for (std::int64_t id = 0; code == SQLITE_ROW && batch.head.id > id; code = file_.head_after(id, batch)) {
            id = batch.head.id;
            if (!visit(batch)) return;
        }
        if (code != SQLITE_DONE) check(code == SQLITE_ROW ? SQLITE_CORRUPT : code);
    }
    void check(int code) const {
        if (code != SQLITE_OK)
            throw std::runtime_error{paths_.database + ": " + sqlite3_errstr(code) + " (SQLite " + std::to_string(code) + ")"};
    }

    std::string dir_;
    SpoolPaths paths_;
    SpoolLock lock_;
    SpoolFile file_;
    StoredBooks books_;
};

SpoolReader::SpoolReader(const std::string& dir) : parts_{std::make_unique<Parts>(dir)} {}
SpoolReader::~SpoolReader() = default;
SpoolReport SpoolReader::report() { return parts_->report(); }
std::uint64_t SpoolReader::each_batch(const std::function<bool(const Batch&)>& visit) { return parts_->each_batch(visit); }
void SpoolReader::each_quarantined(const std::function<bool(const Quarantined&, WallTime)>& visit) {
    parts_->each_quarantined(visit);
}
std::vector<std::string> SpoolReader::verify() { return parts_->verify(); }

}   // namespace outrigger::logging
