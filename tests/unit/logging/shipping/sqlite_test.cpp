// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/sqlite.hpp"

#include <gtest/gtest.h>

namespace outrigger::logging {
namespace {

Database in_memory() {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
    return Database{db};
}

TEST(Statement, binds_and_shows_numbers_texts_and_bytes) {
    const Database db = in_memory();
    Statement statement;
    ASSERT_EQ(statement.prepare(db.get(), "SELECT ?, ?, ?, length(?)"), SQLITE_OK);
    const std::string bytes{"a\0b", 3};
    statement.bind(0, std::int64_t{-1}).bind_text(1, "text").bind_blob(2, bytes).bind_blob(3, {});
    ASSERT_EQ(statement.step(), SQLITE_ROW);
    EXPECT_EQ(statement.integer(0), -1);
    EXPECT_EQ(statement.count(0), UINT64_MAX);
    EXPECT_EQ(statement.bytes(1), "text");
    EXPECT_EQ(statement.bytes(2), bytes);
    EXPECT_EQ(statement.integer(3), 0);
    statement.reset();
    EXPECT_EQ(statement.run(), SQLITE_OK);
}

TEST(Statement, what_cannot_be_bound_is_an_error_of_the_next_step_alone) {
    const Database db = in_memory();
    Statement statement;
    ASSERT_EQ(statement.prepare(db.get(), "SELECT 1"), SQLITE_OK);
    EXPECT_NE(statement.bind(0, std::int64_t{1}).run(), SQLITE_OK);
    EXPECT_EQ(statement.run(), SQLITE_OK);
}

TEST(Statement, wrong_sql_is_an_error) {
    const Database db = in_memory();
    Statement statement;
    EXPECT_EQ(statement.prepare(db.get(), "SELEKT"), SQLITE_ERROR);
    EXPECT_EQ(execute(db.get(), "SELEKT"), SQLITE_ERROR);
}

TEST(Sqlite, tells_damage_from_a_full_disk) {
    EXPECT_TRUE(is_corrupt(SQLITE_CORRUPT_INDEX));
    EXPECT_TRUE(is_corrupt(SQLITE_NOTADB));
    EXPECT_FALSE(is_corrupt(SQLITE_IOERR_READ));
    EXPECT_TRUE(is_full(SQLITE_FULL));
    EXPECT_FALSE(is_full(SQLITE_IOERR_WRITE));
}

}   // namespace
}   // namespace outrigger::logging
