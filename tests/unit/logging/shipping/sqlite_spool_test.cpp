// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/sqlite_spool.hpp>
#include "spool_world.hpp"
#include "temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sqlite3.h>
#include <stdexcept>
#include <sys/stat.h>

// What all spools do is in spool_test.cpp.
namespace outrigger::logging {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(const SpoolSettings& settings) {
    try {
        SqliteSpool{settings};
    } catch (const std::exception& refused) {
        return refused.what();
    }
    return "none";
}

std::uint64_t size_of(const std::string& directory) {
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) bytes += entry.file_size();
    return bytes;
}

void sql(const std::string& file, const std::string& statement) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
}

class SqliteSpoolTest : public ::testing::Test {
protected:
    TemporaryDirectory directory;
    SpoolSettings settings{.dir = directory.spool(), .max = 8_MiB};
    std::string database = directory.spool() + "/spool.db";
    std::optional<SqliteSpool> spool;

    SqliteSpool& open() {
        spool.reset();
        return spool.emplace(settings);
    }
};

TEST_F(SqliteSpoolTest, what_was_committed_is_there_after_it_was_opened_again) {
    open();
    const auto first = commit_one(*spool, Severity::low, 2);
    const auto second = commit_one(*spool, Severity::high, 3);
    settle(*spool, {{.batch = first, .delivered = 1, .quarantined = {{Rejection::no_index, "404", "{}\n"}}}});
    const Ledger before = spool->ledger();
    open();
    EXPECT_EQ(spool->ledger(), before);
    EXPECT_EQ(spool->next_sequence(), 6U);
    EXPECT_EQ(ids_of(*spool), std::vector{second});
    EXPECT_EQ(spool->state().quarantine_kept, 1U);
    EXPECT_EQ(spool->state().oldest, spool_noon);
    EXPECT_GT(commit_one(*spool, Severity::low, 2), second);
}

// As after a power cut, which may take the last commits, or with a directory that is a copy.
TEST_F(SqliteSpoolTest, numbers_that_are_given_again_come_with_another_identity) {
    open();
    const std::string before{spool->identity()};
    spool.reset();
    const std::string copy = directory.path() + "/copy";
    std::filesystem::copy(settings.dir, copy);
    const std::string of_the_copy{SqliteSpool{{.dir = copy, .max = settings.max}}.identity()};
    open();
    EXPECT_NE(spool->identity(), before);
    EXPECT_NE(spool->identity(), of_the_copy);
}

TEST_F(SqliteSpoolTest, is_for_its_owner_alone) {
    open();
    commit_one(*spool, Severity::low, 2);
    const auto mode = [](const std::string& path) {
        struct stat found = {};
        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777U : 0U;
    };
    EXPECT_EQ(mode(settings.dir), 0700U);
    for (const char* file : {"/spool.db", "/spool.db-wal", "/ballast", "/lock"}) EXPECT_EQ(mode(settings.dir + file), 0600U) << file;
}

TEST_F(SqliteSpoolTest, a_second_one_in_the_same_directory_is_told_who_has_it) {
    open();
    EXPECT_THAT(refusal(settings), HasSubstr("is in use by process " + std::to_string(::getpid()) + " (spool_test)"));
}

TEST_F(SqliteSpoolTest, refuses_what_cannot_hold_a_spool) {
    EXPECT_THAT(refusal({.dir = directory.spool() + "/a/b"}), HasSubstr("cannot be made: No such file"));
    std::ofstream{directory.path() + "/file"} << "x";
    EXPECT_THAT(refusal({.dir = directory.path() + "/file"}), HasSubstr("is not a directory"));
    EXPECT_THAT(refusal({.dir = directory.spool(), .max = 1_MiB}), HasSubstr("found a spool of 1MiB"));
    EXPECT_THAT(refusal({.dir = ""}), HasSubstr("needs a directory"));
    EXPECT_THAT(refusal({.dir = "/proc/1"}), HasSubstr("cannot be written to"));
}

TEST_F(SqliteSpoolTest, refuses_other_databases_and_newer_formats_and_leaves_them_as_they_are) {
    open();
    spool.reset();
    sql(database, "PRAGMA user_version=2");
    EXPECT_THAT(refusal(settings), HasSubstr("has format 2, and this program knows formats up to 1"));
    std::filesystem::remove(database);
    sql(database, "CREATE TABLE users(name)");
    EXPECT_THAT(refusal(settings), HasSubstr("is a database, but no spool"));
    sql(database, "INSERT INTO users VALUES('still here')");
}

TEST_F(SqliteSpoolTest, its_files_stay_below_the_cap) {
    open();
    for (int i = 0; i < 400; ++i) {
        commit_one(*spool, static_cast<Severity>(i % 3), 100, 1 + static_cast<std::size_t>(i * 5));
        ASSERT_LE(size_of(settings.dir), settings.max.count()) << i;
    }
    EXPECT_GT(spool->ledger().dropped[0], 0U);
    EXPECT_EQ(spool->state().waiting[0], 0U);
}

TEST_F(SqliteSpoolTest, a_lower_cap_holds_from_the_next_opening_on) {
    settings.max = 32_MiB;
    open();
    for (int i = 0; i < 25; ++i) commit_one(*spool, Severity::normal, 100, 10'000);
    settings.max = 8_MiB;
    open();
    EXPECT_LE(spool->state().used, 8_MiB);
    EXPECT_GT(spool->ledger().dropped[0], 0U);
    EXPECT_TRUE(spool->ledger().balanced());
    EXPECT_EQ(ids_of(*spool).back(), 25);
}

TEST_F(SqliteSpoolTest, a_full_one_takes_the_refusal_of_a_whole_batch) {
    open();
    while (spool->ledger().dropped[0] == 0) commit_one(*spool, Severity::normal, 1000, 1000);
    Fate fate{.batch = ids_of(*spool).front()};
    for (int i = 0; i < 1000; ++i) fate.quarantined.push_back({Rejection::rejected, std::string(500, 'd'), std::string(999, 'x') + '\n'});
    settle(*spool, {fate});
    EXPECT_EQ(spool->ledger().quarantined[0], 1000U);
    EXPECT_TRUE(spool->ledger().balanced());
    EXPECT_GT(spool->state().quarantine_kept, 200U);
    EXPECT_TRUE(std::filesystem::exists(settings.dir + "/ballast"));
    EXPECT_LE(size_of(settings.dir), settings.max.count());
    EXPECT_GT(commit_one(*spool, Severity::normal, 1000, 1000), fate.batch);
    const Ledger before = spool->ledger();
    open();
    EXPECT_EQ(spool->ledger(), before);
}

TEST_F(SqliteSpoolTest, of_a_refusal_larger_than_the_quarantine_the_newest_is_kept) {
    open();
    const auto id = commit_one(*spool, Severity::high, 2, 600'000);
    settle(*spool, {{.batch = id, .quarantined = {{Rejection::rejected, "no", std::string(600'000, 'x')},
                                                  {Rejection::rejected, "no", "{}\n"}}}});
    EXPECT_EQ(spool->ledger().quarantined[0], 2U);
    EXPECT_EQ(spool->state().quarantine_kept, 1U);
}

TEST_F(SqliteSpoolTest, a_damaged_batch_is_skipped_and_counted) {
    open();
    for (int i = 0; i < 3; ++i) commit_one(*spool, Severity::normal, 2);
    spool.reset();
    sql(database, "UPDATE batches SET lines=x'00' WHERE id=2");
    open();
    EXPECT_EQ(ids_of(*spool), (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(spool->ledger().dropped[1], 2U);
    EXPECT_TRUE(spool->ledger().balanced());
    ASSERT_EQ(spool->gaps().size(), 1U);
    EXPECT_EQ(spool->gaps()[0].reason, Loss::corrupt);
}

// ---- A damaged file

class DamagedSpool : public SqliteSpoolTest {
protected:
    // 20 batches of two pages each, all in the database itself.
    void SetUp() override {
        open();
        for (int i = 0; i < 20; ++i) commit_one(*spool, static_cast<Severity>(i % 3), 50, 1000);
        settle(*spool, {{.batch = 1, .delivered = 50}});
        spool.reset();
    }
    void overwrite(std::uint64_t from, std::uint64_t bytes) const {
        std::fstream file{database, std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(static_cast<std::streamoff>(from));
        file << std::string(bytes, '\x5a');
    }
    void expect_it_goes_on() {
        EXPECT_TRUE(spool->ledger().balanced());
        std::uint64_t waiting = 0;
        for (const Batch& batch : all_of(*spool)) waiting += batch.records;
        EXPECT_EQ(waiting, spool->ledger().spooled);
        EXPECT_TRUE(spool->ledger().balanced());
        EXPECT_GT(commit_one(*spool, Severity::high, 3), 0);
        const Ledger before = spool->ledger();
        open();
        EXPECT_EQ(spool->ledger(), before);
    }
};

TEST_F(DamagedSpool, wherever_a_page_is_overwritten_it_opens_and_goes_on) {
    const std::string good = directory.path() + "/good.db";
    std::filesystem::copy_file(database, good);
    for (std::uint64_t page = 0; page < 64; ++page) {
        SCOPED_TRACE(page);
        std::filesystem::copy_file(good, database, std::filesystem::copy_options::overwrite_existing);
        if ((page + 1) * 32768 > std::filesystem::file_size(database)) break;
        overwrite(page * 32768, 32768);
        open();
        expect_it_goes_on();
        spool.reset();
        std::filesystem::remove(database + "-wal");
    }
}

TEST_F(DamagedSpool, of_a_truncated_file_the_rest_is_read) {
    std::filesystem::resize_file(database, 20 * 32768);
    open();
    EXPECT_THAT(spool->state().note, HasSubstr("was damaged"));
    EXPECT_TRUE(std::filesystem::exists(database + ".corrupt"));
    EXPECT_GT(spool->ledger().spooled, 200U);
    EXPECT_GT(spool->ledger().dropped[1], 200U);
    EXPECT_EQ(spool->ledger().accepted, 1000U);
    expect_it_goes_on();
}

TEST_F(DamagedSpool, what_is_no_database_at_all_is_set_aside) {
    std::ofstream{database} << std::string(100'000, 'x');
    open();
    EXPECT_THAT(spool->state().note, HasSubstr("0 batches could be read, the books could not"));
    expect_it_goes_on();
}

TEST_F(DamagedSpool, books_that_are_not_what_was_written_are_begun_anew) {
    sql(database, "UPDATE books SET accepted=99");
    open();
    EXPECT_EQ(spool->ledger().accepted, 950U);
    EXPECT_EQ(spool->ledger().spooled, 950U);
    expect_it_goes_on();
}

TEST_F(DamagedSpool, a_replacement_that_was_interrupted_is_finished_or_forgotten) {
    std::filesystem::copy_file(database, database + ".new");
    std::filesystem::remove(database);
    open();
    EXPECT_EQ(spool->ledger().spooled, 950U);
    spool.reset();
    std::filesystem::copy_file(database, database + ".new");
    sql(database + ".new", "PRAGMA user_version=0; DELETE FROM batches");
    open();
    EXPECT_EQ(spool->ledger().spooled, 950U);
    EXPECT_FALSE(std::filesystem::exists(database + ".new"));
    expect_it_goes_on();
}

// As kill -9 leaves it between the last commit to the successor and its being closed.
TEST_F(DamagedSpool, a_successor_that_is_complete_only_with_its_log_takes_over_with_it) {
    std::filesystem::copy_file(database, database + ".new");
    sql(database + ".new", "PRAGMA user_version=0");
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((database + ".new").c_str(), &db), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    EXPECT_EQ(sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA user_version=1", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
    ASSERT_GT(std::filesystem::file_size(database + ".new-wal"), 0U);
    overwrite(0, 32768);
    open();
    EXPECT_EQ(spool->ledger().spooled, 950U);
    EXPECT_FALSE(std::filesystem::exists(database + ".new-wal"));
    expect_it_goes_on();
}

}   // namespace
}   // namespace outrigger::logging
