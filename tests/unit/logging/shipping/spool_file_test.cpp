// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/spool_file.hpp"
#include "spool_world.hpp"
#include "temporary_directory.hpp"

namespace outrigger::logging {
namespace {

using Access = SpoolFile::Access;

class SpoolFileTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(file.open(path, Access::store, SpoolSync::process), SQLITE_OK);
        ASSERT_EQ(file.found(), SpoolFile::Found::nothing);
        ASSERT_EQ(file.create(SpoolFile::format), SQLITE_OK);
    }
    void insert(std::int64_t id, Severity severity) {
        Batch batch = batch_of(severity, 2);
        batch.id = id;
        batch.accepted = spool_noon;
        ASSERT_EQ(file.insert(batch), SQLITE_OK);
    }

    TemporaryDirectory directory;
    std::string path = directory.path() + "/file.db";
    SpoolFile file;
};

TEST_F(SpoolFileTest, keeps_every_count_of_the_books) {
    StoredBooks books{.last_id = 7, .quarantine_kept = 8, .quarantine_bytes = 9};
    books.contents.ledger = {.accepted = 1, .delivered = 2, .quarantined = {3, 4, 5, 6}, .dropped = {7, 8, 9}};
    books.contents.waiting = {10, 11, 12};
    books.contents.batches = 13;
    for (std::size_t i = 0; i < 3; ++i)
        books.contents.gaps[i] = {.reason = static_cast<Loss>(i), .records = {i, 20, 30}, .first = spool_noon, .last = spool_noon};
    ASSERT_EQ(file.write_books(books), SQLITE_OK);
    StoredBooks read;
    for (std::size_t i = 0; i < 3; ++i) read.contents.gaps[i].reason = static_cast<Loss>(i);
    ASSERT_EQ(file.read_books(read), SQLITE_OK);
    EXPECT_EQ(read.contents.ledger, books.contents.ledger);
    EXPECT_EQ(read.contents.waiting, books.contents.waiting);
    EXPECT_EQ(read.contents.gaps, books.contents.gaps);
    EXPECT_EQ(read.last_id, 7);
    EXPECT_EQ(read.quarantine_bytes, 9U);
}

TEST_F(SpoolFileTest, finds_batches_by_id_and_by_severity) {
    for (std::int64_t id = 1; id <= 4; ++id) insert(id, id % 2 == 0 ? Severity::high : Severity::low);
    StoredBatch found;
    EXPECT_EQ(file.head_of(3, found), SQLITE_ROW);
    EXPECT_EQ(found.head.id, 3);
    EXPECT_EQ(found.bytes, 200U);
    EXPECT_EQ(file.head_after(3, found), SQLITE_ROW);
    EXPECT_EQ(found.head.id, 4);
    EXPECT_EQ(file.head_before(3, found), SQLITE_ROW);
    EXPECT_EQ(found.head.id, 2);
    EXPECT_EQ(file.head_after(2, Severity::high, found), SQLITE_ROW);
    EXPECT_EQ(found.head.id, 4);
    EXPECT_EQ(file.head_after(4, found), SQLITE_DONE);
    EXPECT_EQ(file.head_after(0, Severity::normal, found), SQLITE_DONE);
}

TEST_F(SpoolFileTest, room_that_is_reserved_is_in_the_file) {
    ASSERT_EQ(file.reserve(100), SQLITE_OK);
    EXPECT_GE(std::filesystem::file_size(path), 100U * 32768U);
}

TEST_F(SpoolFileTest, looking_changes_no_file) {
    insert(1, Severity::low);
    file.close();
    const auto before = std::filesystem::last_write_time(path);
    ASSERT_EQ(file.open(path, Access::look, SpoolSync::process), SQLITE_OK);
    StoredBatch found;
    EXPECT_EQ(file.head_of(1, found), SQLITE_ROW);
    EXPECT_NE(file.remove(1), SQLITE_OK);
    file.close();
    EXPECT_EQ(std::filesystem::last_write_time(path), before);
}

}   // namespace
}   // namespace outrigger::logging
