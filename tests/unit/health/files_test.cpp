// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/indicators.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>

#include <outrigger/core/manual_clock.hpp>

#include "health/wall_seconds.hpp"
#include "tests/unit/health/probing.hpp"

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

TEST(Disk, has_the_words_of_terminus) {
    EXPECT_EQ(run(disk("/", {.free_bytes = 1_B})), up());
    EXPECT_EQ(run(disk("/", {.free_bytes = Bytes{1ULL << 62}})),
              down("Used disk storage exceeded the set threshold"));
    EXPECT_EQ(run(disk("/", {.free = 0.999999})), down("Used disk storage exceeded the set threshold"));
    EXPECT_EQ(run(disk("/nowhere", {.free = 0.1})),
              down("ENOENT: no such file or directory, statfs '/nowhere'"));
    EXPECT_FALSE(disk("/", {.free = 0.1}).timed) << "terminus shows no response time";
}

TEST(Disk, a_file_system_without_size_has_nothing_free) {
    EXPECT_EQ(run(disk("/proc", {.free = 0.1})), down("Used disk storage exceeded the set threshold"));
}

TEST(Disk, refuses_what_makes_no_sense) {
    EXPECT_THROW((void)disk("", {.free = 0.1}), std::invalid_argument);
    EXPECT_THROW((void)disk("/", {}), std::invalid_argument);
    EXPECT_THROW((void)disk("/", {.free = 0.0}), std::invalid_argument);
    EXPECT_THROW((void)disk("/", {.free = 1.0}), std::invalid_argument);
    EXPECT_THROW((void)disk("/", {.free_inodes = 1.5}), std::invalid_argument);
}

TEST(FileAge, is_down_once_the_file_is_too_old_or_not_there) {
    const auto path =
        std::filesystem::temp_directory_path() / ("outrigger-age-" + std::to_string(::getpid()));
    std::ofstream{path} << "x";
    EXPECT_EQ(run(file_age(path, 1h)), up());
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - 2h);
    const Outcome old = run(file_age(path, 1h));
    EXPECT_EQ(old.status, Status::down);
    EXPECT_TRUE(old.message.starts_with("modified 720")) << old.message;
    EXPECT_TRUE(old.message.ends_with(" s ago, at most 3600 s are allowed")) << old.message;
    std::filesystem::remove(path);
    EXPECT_EQ(run(file_age(path, 1h)).message,
              "ENOENT: no such file or directory, stat '" + path.string() + "'");
    EXPECT_THROW((void)file_age("", 1h), std::invalid_argument);
    EXPECT_THROW((void)file_age("/a", 0s), std::invalid_argument);
}

TEST(FileAge, times_beyond_what_nanoseconds_can_count_are_no_age) {
    EXPECT_EQ(wall_seconds(1), WallTime{1s});
    EXPECT_GT(wall_seconds(253'402'300'799), WallTime{std::chrono::days{365 * 290}}) << "9999-12-31T23:59:59Z";
    EXPECT_EQ(wall_seconds(std::numeric_limits<std::int64_t>::min()), WallTime{});
    const auto path =
        std::filesystem::temp_directory_path() / ("outrigger-future-" + std::to_string(::getpid()));
    std::ofstream{path} << "x";
    const timespec after_2262[2] = {{9'999'999'999, 999'999'999}, {9'999'999'999, 999'999'999}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), after_2262, 0), 0);
    EXPECT_EQ(run(file_age(path, 1h)), up());
    std::filesystem::remove(path);
}

TEST(HeartbeatCheck, is_down_while_nobody_reports_in) {
    ManualClock clock;
    const auto beats = std::make_shared<Heartbeat>(clock.now());
    const Indicator check = heartbeat(beats, 60s);
    clock.advance(60s);
    EXPECT_EQ(check.run(Probe{clock, 1s}), up());
    clock.advance(1s);
    EXPECT_EQ(check.run(Probe{clock, 1s}), down("no heartbeat for 61 s, expected every 60 s"));
    beats->beat(clock.now());
    EXPECT_EQ(check.run(Probe{clock, 1s}), up());
    EXPECT_THROW((void)heartbeat(nullptr, 1s), std::invalid_argument);
    EXPECT_THROW((void)heartbeat(beats, 0s), std::invalid_argument);
}

}   // namespace
}   // namespace outrigger::health
