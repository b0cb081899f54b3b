// SPDX-License-Identifier: Apache-2.0
// A spool on a disk that is full or fails, at every single write of a scenario.
#include <outrigger/logging/shipping/sqlite_spool.hpp>
#include "faulty_disk.hpp"
#include "spool_world.hpp"
#include "temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <optional>

namespace outrigger::logging {
namespace {

constexpr int for_ever = std::numeric_limits<int>::max();

class SpoolFaults : public ::testing::Test {
protected:
    TemporaryDirectory directory;
    FaultyDisk disk;
    SpoolSettings settings{.dir = directory.spool(), .max = 8_MiB, .sync = SpoolSync::power};
    std::optional<SqliteSpool> spool;
    std::map<std::int64_t, std::uint32_t> acknowledged;   // what waits: id -> records

    void begin() {
        spool.reset();
        std::filesystem::remove_all(settings.dir);
        acknowledged.clear();
        spool.emplace(settings);
    }

    // Adds a batch, and settles the oldest from the third on. Whether it was committed.
    bool step(int i) {
        std::vector<Batch> add{batch_of(static_cast<Severity>(i % 3), 1 + static_cast<std::uint32_t>(i), 9'000)};
        std::vector<Fate> fates;
        if (i >= 2 && !acknowledged.empty()) {
            const auto [id, records] = *acknowledged.begin();
            fates.push_back({.batch = id, .delivered = records - 1, .quarantined = {{Rejection::rejected, "no", "{}\n"}}});
        }
        const Ledger before = spool->ledger();
        if (!commit(*spool, add, {.settle = fates})) {
            EXPECT_EQ(spool->ledger(), before);
            EXPECT_FALSE(spool->state().fault.empty());
            return false;
        }
        EXPECT_TRUE(spool->state().fault.empty());
        if (!fates.empty()) acknowledged.erase(fates[0].batch);
        acknowledged[add[0].id] = add[0].records;
        return true;
    }

    // What a process would find that starts after this one was killed just now. What was refused may be there, too.
    void expect_nothing_is_lost_after_a_crash() {
        const std::string copy = directory.path() + "/copy";
        std::filesystem::remove_all(copy);
        std::filesystem::copy(settings.dir, copy);
        disk.heal();
        SqliteSpool after{{.dir = copy, .max = settings.max}};
        EXPECT_TRUE(after.ledger().balanced());
        EXPECT_EQ(after.state().note, "");
        EXPECT_GE(after.ledger().accepted, spool->ledger().accepted);
        if (after.ledger().accepted == spool->ledger().accepted) expect_all_there(after);
    }
    void expect_all_there(Spool& in) const {
        std::map<std::int64_t, std::uint32_t> found;
        for (const Batch& batch : all_of(in)) found[batch.id] = batch.records;
        EXPECT_EQ(found, acknowledged);
        EXPECT_TRUE(in.ledger().balanced());
    }

    // Runs the scenario again and again, with the fault at the first, second ... write, until it is beyond the end.
    void at_every_write(FaultyDisk::Fault fault, int count) {
        for (int nth = 1;; ++nth) {
            SCOPED_TRACE("write " + std::to_string(nth));
            begin();
            disk.fail(fault, nth, count);
            bool crashed = false;
            for (int i = 0; i < 4; ++i)
                if (!step(i) && !crashed) {
                    crashed = true;
                    expect_nothing_is_lost_after_a_crash();
                    if (count != 1) disk.fail(fault, 1, count);
                }
            const bool done = !disk.failed();
            disk.heal();
            expect_all_there(*spool);
            EXPECT_TRUE(step(1));
            spool.emplace(settings);
            expect_all_there(*spool);
            if (done || HasFailure()) return;
        }
    }
};

TEST_F(SpoolFaults, a_full_disk_prevents_no_start) {
    begin();
    EXPECT_TRUE(step(0));
    spool.reset();
    disk.fail(FaultyDisk::Fault::full, 1, for_ever);
    spool.emplace(settings);
    expect_all_there(*spool);
    EXPECT_FALSE(step(1));
    disk.heal();
    EXPECT_TRUE(step(1));
    expect_all_there(*spool);
}

TEST_F(SpoolFaults, a_damaged_one_is_replaced_with_the_room_of_the_ballast) {
    begin();
    EXPECT_TRUE(step(0));
    spool.reset();
    std::ofstream{settings.dir + "/spool.db"} << std::string(100'000, 'x');
    std::ofstream{settings.dir + "/spool.db.corrupt"} << "the one before";
    disk.fail(FaultyDisk::Fault::full, 1);
    spool.emplace(settings);
    EXPECT_TRUE(disk.failed());
    EXPECT_NE(spool->state().note, "");
    EXPECT_FALSE(std::filesystem::exists(settings.dir + "/ballast"));
    EXPECT_EQ(std::filesystem::file_size(settings.dir + "/spool.db.corrupt"), 100'000U);
    acknowledged.clear();
    EXPECT_TRUE(step(1));
    expect_all_there(*spool);
    EXPECT_TRUE(std::filesystem::exists(settings.dir + "/ballast"));
}

// Half a MiB is the least that a ballast gives back.
TEST_F(SpoolFaults, on_a_full_disk_batches_make_room_however_small_the_log_has_to_be) {
    settings.max = 16_MiB;
    begin();
    for (int i = 0; i < 240; ++i) commit_one(*spool, static_cast<Severity>(i % 3), 16, 1'000);
    disk.fill_up(512 << 10);
    for (int i = 0; i < 60; ++i) {
        std::vector<Batch> add;
        for (std::size_t severity = severity_count; severity-- > 0;)
            add.push_back(batch_of(static_cast<Severity>(severity), 16, 1'000));
        ASSERT_TRUE(commit(*spool, add)) << i << ": " << spool->state().fault;
    }
    EXPECT_TRUE(spool->ledger().balanced());
    EXPECT_GT(spool->ledger().dropped[static_cast<std::size_t>(Loss::evicted)], 1000U);
    EXPECT_GE(spool->state().waiting[static_cast<std::size_t>(Severity::high)], 16U * 140);
}

TEST_F(SpoolFaults, on_a_full_disk_what_was_sent_and_refused_leaves_however_small_the_log_has_to_be) {
    settings.max = 32_MiB;
    begin();
    std::vector<Fate> fates;
    for (int i = 0; i < 30; ++i) {
        Fate fate{.batch = commit_one(*spool, Severity::normal, 500, 1'000)};
        for (int record = 0; record < 500; ++record)
            fate.quarantined.push_back({Rejection::rejected, "no", std::string(999, 'x') + '\n'});
        fates.push_back(std::move(fate));
    }
    disk.fill_up(512 << 10);
    settle(*spool, fates);
    EXPECT_EQ(spool->ledger().spooled, 0U);
    EXPECT_EQ(spool->ledger().quarantined[static_cast<std::size_t>(Rejection::rejected)], 15'000U);
    EXPECT_TRUE(spool->ledger().balanced());
    EXPECT_GT(commit_one(*spool, Severity::low, 10), fates.back().batch);
}

// What had to be dropped for a batch that then found no room in the log is counted, and it is offered again.
TEST_F(SpoolFaults, on_a_full_disk_a_batch_too_large_for_the_log_is_refused_until_there_is_room) {
    settings.max = 16_MiB;
    begin();
    for (int i = 0; i < 240; ++i) commit_one(*spool, static_cast<Severity>(i % 3), 16, 1'000);
    disk.fill_up(512 << 10);
    std::vector<Batch> add{batch_of(Severity::high, 1'000, 1'000)};
    EXPECT_FALSE(commit(*spool, add));
    EXPECT_TRUE(spool->ledger().balanced());
    EXPECT_EQ(spool->ledger().accepted, 240U * 16);
    disk.heal();
    EXPECT_TRUE(commit(*spool, add));
    EXPECT_TRUE(spool->ledger().balanced());
}

TEST_F(SpoolFaults, a_disk_that_is_full_once) { at_every_write(FaultyDisk::Fault::full, 1); }
TEST_F(SpoolFaults, a_disk_that_becomes_full) { at_every_write(FaultyDisk::Fault::full, for_ever); }
TEST_F(SpoolFaults, a_disk_that_fails_once) { at_every_write(FaultyDisk::Fault::broken, 1); }
TEST_F(SpoolFaults, a_disk_that_breaks) { at_every_write(FaultyDisk::Fault::broken, for_ever); }
TEST_F(SpoolFaults, a_write_that_is_cut_once) { at_every_write(FaultyDisk::Fault::half_written, 1); }

}   // namespace
}   // namespace outrigger::logging
