// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/spool_reader.hpp>
#include <outrigger/logging/shipping/sqlite_spool.hpp>
#include "spool_world.hpp"
#include "temporary_directory.hpp"

#include <sqlite3.h>

namespace outrigger::logging {
namespace {

class SpoolReaderTest : public ::testing::Test {
protected:
    void fill() const {
        SqliteSpool spool{{.dir = directory.spool()}};
        const auto first = commit_one(spool, Severity::low, 2);
        commit_one(spool, Severity::high, 3);
        settle(spool, {{.batch = first, .delivered = 1, .quarantined = {{Rejection::too_large, "413", "{}\n"}}}});
    }
    void sql(const std::string& statement) const {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open((directory.spool() + "/spool.db").c_str(), &db), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(db);
    }
    TemporaryDirectory directory;
};

TEST_F(SpoolReaderTest, tells_what_waits_and_what_became_of_the_rest) {
    fill();
    SpoolReader reader{directory.spool()};
    const SpoolReport report = reader.report();
    EXPECT_EQ(report.dir, directory.spool());
    EXPECT_EQ(report.ledger.accepted, 5U);
    EXPECT_EQ(report.ledger.spooled, 3U);
    EXPECT_TRUE(report.ledger.balanced());
    EXPECT_EQ(report.stored[2], (StoredOfSeverity{.batches = 1, .records = 3, .bytes = 300_B, .oldest = spool_noon}));
    EXPECT_EQ(report.quarantine_kept, 1U);
    std::vector<std::string> refused;
    reader.each_quarantined([&](const Quarantined& record, WallTime) { return refused.push_back(record.detail), true; });
    EXPECT_EQ(refused, std::vector<std::string>{"413"});
    EXPECT_TRUE(reader.verify().empty());
}

TEST_F(SpoolReaderTest, sees_damage_and_wrong_books) {
    fill();
    sql("UPDATE batches SET lines=x'00'");
    EXPECT_EQ(SpoolReader{directory.spool()}.verify().size(), 1U);
    sql("DELETE FROM batches");
    EXPECT_EQ(SpoolReader{directory.spool()}.verify().size(), 1U);
    sql("UPDATE books SET accepted=99");
    EXPECT_THROW(SpoolReader{directory.spool()}, std::runtime_error);
}

TEST_F(SpoolReaderTest, leaves_one_in_use_alone) {
    const SqliteSpool spool{{.dir = directory.spool()}};
    EXPECT_THROW(SpoolReader{directory.spool()}, SpoolInUse);
}

TEST(SpoolReport, of_a_spool_in_use_has_its_records_by_severity) {
    const SpoolReport report = report_of("dir", {.accepted = 3, .spooled = 3}, {.used = 1_KiB, .max = 1_MiB, .waiting = {1, 0, 2}});
    EXPECT_EQ(report.stored[2].records, 2U);
    EXPECT_EQ(report.max, 1_MiB);
}

}   // namespace
}   // namespace outrigger::logging
