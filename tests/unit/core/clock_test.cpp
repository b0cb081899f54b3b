// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/clock.hpp>
#include <outrigger/core/manual_clock.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace outrigger {
namespace {

using namespace std::chrono_literals;

constexpr Instant at(Duration since_start) { return Instant{since_start}; }

TEST(After, adds_a_length_to_an_instant) {
    EXPECT_EQ(after(at(5s), 250ms), at(5250ms));
    EXPECT_EQ(after(at(5s), 0ns), at(5s));
    EXPECT_EQ(after(at(5s), -1s), at(4s));
}

TEST(After, never_overflows_into_the_past) {
    EXPECT_EQ(after(at(1h), Duration::max()), never);
    EXPECT_EQ(after(at(1h), Duration::max() - 1h), never);
    EXPECT_EQ(after(at(1h), Duration::max() - 1h - 1ns), never - 1ns);
    EXPECT_EQ(after(never, 1ns), never);
    EXPECT_EQ(after(never, 0ns), never);
}

TEST(ManualClock, moves_only_when_told) {
    ManualClock clock;
    const Instant began = clock.now();
    EXPECT_EQ(clock.now(), began);
    clock.advance(3ms);
    EXPECT_EQ(clock.now() - began, 3ms);
}

TEST(ManualClock, an_hour_ago_is_representable) { EXPECT_GE(ManualClock{}.now().time_since_epoch(), 1h); }

TEST(ManualClock, its_wall_time_moves_with_it) {
    ManualClock clock;
    const WallTime began = clock.wall();
    clock.advance(90min);
    EXPECT_EQ(clock.wall() - began, 90min);
}

TEST(ManualClock, may_be_moved_by_several_threads) {
    ManualClock clock;
    const Instant began = clock.now();
    const auto advance = [&clock] {
        for (int i = 0; i < 1000; ++i) clock.advance(1ns);
    };
    std::thread one{advance};
    std::thread two{advance};
    one.join();
    two.join();
    EXPECT_EQ(clock.now() - began, 2000ns);
}

TEST(SystemClock, its_instants_never_go_back) {
    const SystemClock clock;
    Instant last = clock.now();
    for (int i = 0; i < 1000; ++i) {
        const Instant now = clock.now();
        ASSERT_GE(now, last);
        last = now;
    }
}

TEST(SystemClock, its_wall_time_is_in_this_century) {
    const WallTime wall = SystemClock{}.wall();
    EXPECT_GT(wall, WallTime{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}});
    EXPECT_LT(wall, WallTime{std::chrono::sys_days{std::chrono::year{2100} / 1 / 1}});
}

}   // namespace
}   // namespace outrigger
