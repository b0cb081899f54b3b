// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/spool_directory.hpp"
#include "temporary_directory.hpp"

#include <outrigger/logging/shipping/spool_reader.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace outrigger::logging {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

TEST(SpoolLock, is_held_by_one_and_free_afterwards) {
    const TemporaryDirectory directory;
    {
        const SpoolLock lock{directory.spool(), SpoolLock::Directory::make};
        EXPECT_THROW((SpoolLock{directory.spool(), SpoolLock::Directory::make}), SpoolInUse);
    }
    const SpoolLock lock{directory.spool(), SpoolLock::Directory::must_be_there};
}

TEST(SpoolLock, may_wait_for_it) {
    const TemporaryDirectory directory;
    std::optional<SpoolLock> held{std::in_place, directory.spool(), SpoolLock::Directory::make};
    std::thread other{[&] { const SpoolLock lock{directory.spool(), SpoolLock::Directory::make, 10s}; }};
    held.reset();
    other.join();
}

TEST(SpoolLock, says_who_writes_and_not_who_looks) {
    const TemporaryDirectory directory;
    const auto owner = [&] {
        std::ifstream file{directory.spool() + "/lock"};
        return std::string{std::istreambuf_iterator<char>{file}, {}};
    };
    { const SpoolLock lock{directory.spool(), SpoolLock::Directory::make}; }
    EXPECT_EQ(owner(), "process " + std::to_string(::getpid()) + " (spool_test)\n");
    std::ofstream{directory.spool() + "/lock"} << "process 1 (another)\n";
    const SpoolLock lock{directory.spool(), SpoolLock::Directory::must_be_there};
    EXPECT_EQ(owner(), "process 1 (another)\n");
}

TEST(SpoolLock, makes_nothing_where_a_spool_must_be_there) {
    const TemporaryDirectory directory;
    EXPECT_THROW((SpoolLock{directory.spool(), SpoolLock::Directory::must_be_there}), std::runtime_error);
    EXPECT_THROW((SpoolLock{directory.path(), SpoolLock::Directory::must_be_there}), std::runtime_error);
    EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(Ballast, takes_real_blocks_gives_them_back_and_is_found_again) {
    const TemporaryDirectory directory;
    Ballast ballast{directory.path(), 1_MiB};
    EXPECT_FALSE(ballast.is_there());
    ASSERT_TRUE(ballast.make());
    struct stat found = {};
    ASSERT_EQ(::stat((directory.path() + "/ballast").c_str(), &found), 0);
    EXPECT_GE(found.st_blocks * 512, 1 << 20);
    EXPECT_TRUE((Ballast{directory.path(), 1_MiB}.is_there()));
    EXPECT_GT(ballast.disk_left(), 0U);
    ballast.release();
    EXPECT_FALSE(ballast.is_there());
    EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(Ballast, what_it_held_back_is_for_nobody_else_when_it_is_gone) {
    const TemporaryDirectory directory;
    Ballast ballast{directory.path(), Bytes{std::uint64_t{1} << 60}};
    EXPECT_EQ(ballast.disk_left(), 0U) << "it was never there, and is larger than the disk";
    ASSERT_FALSE((Ballast{"/nowhere", 1_MiB}.make()));
    EXPECT_GT((Ballast{"/nowhere", 1_MiB}.disk_left()), std::uint64_t{1} << 60) << "not known: the disk will say";
}

TEST(SpoolPaths, the_successor_takes_over_without_the_log_of_the_old_one) {
    const TemporaryDirectory directory;
    const SpoolPaths paths{directory.path()};
    EXPECT_FALSE(paths.replace());
    std::ofstream{paths.database} << "old";
    std::ofstream{paths.database + "-wal"} << "log";
    std::ofstream{paths.successor} << "new!";
    EXPECT_TRUE(paths.has_successor());
    std::ofstream{paths.successor + "-wal"} << "log";
    EXPECT_FALSE(paths.replace());
    EXPECT_EQ(fs::file_size(paths.database), 3U);
    fs::remove(paths.successor + "-wal");
    EXPECT_TRUE(paths.replace());
    EXPECT_EQ(fs::file_size(paths.database), 4U);
    EXPECT_FALSE(fs::exists(paths.database + "-wal"));
    EXPECT_TRUE(fs::exists(paths.corrupt + "-wal"));
    paths.remove(paths.corrupt);
    EXPECT_FALSE(fs::exists(paths.corrupt));
    paths.make_private(paths.successor);
    EXPECT_EQ(fs::status(paths.successor).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

}   // namespace
}   // namespace outrigger::logging
