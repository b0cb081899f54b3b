// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/salvage.hpp"
#include "spool_world.hpp"
#include "temporary_directory.hpp"

namespace outrigger::logging {
namespace {

// Real damage is in sqlite_spool_test.cpp.
class SalvageTest : public ::testing::Test {
protected:
    void SetUp() override {
        for (auto [file, name] : {std::pair{&from, "/from.db"}, std::pair{&to, "/to.db"}}) {
            ASSERT_EQ(file->open(directory.path() + name, SpoolFile::Access::store, SpoolSync::process), SQLITE_OK);
            ASSERT_EQ(file->create(SpoolFile::format), SQLITE_OK);
        }
        for (std::int64_t id = 1; id <= 9; ++id) {
            Batch batch = batch_of(static_cast<Severity>(id % 3), 10, 100'000);
            batch.id = id;
            batch.first_sequence = static_cast<std::uint64_t>(id * 10 - 9);
            ASSERT_EQ(from.insert(batch), SQLITE_OK);
        }
        ASSERT_EQ(from.set_aside({Rejection::rejected, "no", "{}\n"}, spool_noon), SQLITE_OK);
    }
    TemporaryDirectory directory;
    SpoolFile from;
    SpoolFile to;
    Salvaged salvaged;
};

TEST_F(SalvageTest, copies_everything_and_counts_it) {
    ASSERT_EQ(salvage(from, to, {.wal = 1 << 20}, salvaged), SQLITE_OK);
    EXPECT_EQ(salvaged.batches, 9U);
    EXPECT_EQ(salvaged.waiting, (std::array<std::uint64_t, severity_count>{30, 30, 30}));
    EXPECT_EQ(salvaged.last_id, 9);
    EXPECT_EQ(salvaged.quarantine_kept, 1U);
    EXPECT_EQ(salvaged.quarantine_bytes, 5U);
    EXPECT_LT(to.wal_bytes(), 8 << 20);   // of 9 MB
}

TEST_F(SalvageTest, leaves_what_was_never_committed) {
    ASSERT_EQ(salvage(from, to, {.last_sequence = 50, .wal = 1 << 20}, salvaged), SQLITE_OK);
    EXPECT_EQ(salvaged.batches, 5U);
    EXPECT_EQ(salvaged.last_id, 5);
}

}   // namespace
}   // namespace outrigger::logging
