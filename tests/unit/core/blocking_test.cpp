// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/blocking.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/core/system_blocking_clock.hpp>

#include <atomic>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

namespace outrigger {
namespace {

using namespace std::chrono_literals;

TEST(Signal, stays_raised) {
    Signal signal;
    EXPECT_FALSE(signal.raised());
    signal.raise();
    signal.raise();
    EXPECT_TRUE(signal.raised());
}

// The system's clock cannot be moved: these block for real, but no longer than it takes another thread to run.
TEST(SystemBlockingClock, wakes_when_the_signal_is_raised_by_another_thread) {
    SystemBlockingClock clock;
    Signal signal;
    std::thread other{[&] { signal.raise(); }};
    EXPECT_EQ(clock.wait(signal, never, {}), Woken::raised);
    other.join();
}

TEST(SystemBlockingClock, wakes_when_another_thread_stops_the_token) {
    SystemBlockingClock clock;
    std::stop_source stop;
    std::thread other{[&] { stop.request_stop(); }};
    EXPECT_FALSE(clock.pause(never, stop.get_token()));
    EXPECT_FALSE(clock.pause(after(clock.now(), 1h), stop.get_token())) << "stopped before it began";
    other.join();
}

TEST(SystemBlockingClock, wakes_when_the_instant_has_come_and_never_early) {
    SystemBlockingClock clock;
    const Instant until = clock.now() + 2ms;
    EXPECT_TRUE(clock.pause(until, {}));
    EXPECT_GE(clock.now(), until);
    EXPECT_TRUE(clock.pause(until, {})) << "an instant in the past costs no wait";
}

TEST(SystemBlockingClock, tells_a_stop_before_a_signal_and_a_signal_before_the_instant) {
    SystemBlockingClock clock;
    Signal signal;
    std::stop_source stop;
    signal.raise();
    EXPECT_EQ(clock.wait(signal, clock.now(), stop.get_token()), Woken::raised);
    stop.request_stop();
    EXPECT_EQ(clock.wait(signal, clock.now(), stop.get_token()), Woken::stopped);
}

TEST(SystemBlockingClock, tells_the_time_of_the_machine) {
    const SystemBlockingClock clock;
    const SystemClock machine;
    const Instant before = machine.now();
    EXPECT_LE(before, clock.now());
    EXPECT_LE(machine.wall() - clock.wall(), 1h);
}

// A signal may end as soon as its waiter has seen it: the sanitizers would object.
TEST(SystemBlockingClock, lets_a_signal_end_right_after_the_wait) {
    SystemBlockingClock clock;
    for (int round = 0; round < 200; ++round) {
        std::atomic<Signal*> shown{nullptr};
        std::thread other{[&] {
            while (!shown.load()) std::this_thread::yield();
            shown.load()->raise();
        }};
        auto signal = std::make_unique<Signal>();
        shown = signal.get();
        EXPECT_EQ(clock.wait(*signal, never, {}), Woken::raised);
        signal.reset();
        other.join();
    }
}

TEST(ManualBlockingClock, moves_the_time_to_the_end_of_a_wait) {
    ManualBlockingClock clock;
    const Instant begin = clock.now();
    EXPECT_TRUE(clock.pause(begin + 3s, {}));
    EXPECT_EQ(clock.now(), begin + 3s);
    EXPECT_TRUE(clock.pause(begin, {})) << "in the past";
    EXPECT_EQ(clock.now(), begin + 3s);
    EXPECT_EQ(clock.waits().size(), 2U);
}

TEST(ManualBlockingClock, does_on_its_way_what_was_planned_in_order) {
    ManualBlockingClock clock;
    const Instant begin = clock.now();
    std::vector<int> done;
    clock.in(2s, [&] { done.push_back(2); });
    clock.in(1s, [&] { done.push_back(1); });
    clock.in(2s, [&] { done.push_back(3); });
    clock.in(4s, [&] { done.push_back(4); });
    EXPECT_TRUE(clock.pause(begin + 3s, {}));
    EXPECT_EQ(done, (std::vector{1, 2, 3}));
    clock.advance(1s);
    EXPECT_EQ(done.size(), 4U);
    EXPECT_EQ(clock.now(), begin + 4s);
}

TEST(ManualBlockingClock, ends_a_wait_at_the_instant_of_the_signal_or_the_stop) {
    ManualBlockingClock clock;
    const Instant begin = clock.now();
    Signal signal;
    std::stop_source stop;
    clock.in(5s, [&] { signal.raise(); });
    clock.in(7s, [&] { stop.request_stop(); });
    EXPECT_EQ(clock.wait(signal, never, stop.get_token()), Woken::raised);
    EXPECT_EQ(clock.now(), begin + 5s);
    EXPECT_FALSE(clock.pause(begin + 1h, stop.get_token()));
    EXPECT_EQ(clock.now(), begin + 7s);
    ASSERT_EQ(clock.waits().size(), 2U);
    EXPECT_EQ(clock.waits()[0].from, begin);
    EXPECT_EQ(clock.waits()[0].until, never);
    EXPECT_EQ(clock.waits()[0].end, begin + 5s);
    EXPECT_EQ(clock.waits()[1].woken, Woken::stopped);
}

TEST(ManualBlockingClockDeathTest, ends_the_program_when_nothing_would_end_the_wait) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    ManualBlockingClock clock;
    EXPECT_DEATH((void)clock.pause(never, {}), "nothing is planned");
}

}   // namespace
}   // namespace outrigger
