// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/deadline_watch.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

TEST(DeadlineWatchTest, cuts_when_the_time_has_come) {
    const SystemClock clock;
    const Instant at = clock.now() + 10ms;
    std::atomic<Instant> cut{Instant{}};
    const DeadlineWatch watch{at, {}, [&] { cut = clock.now(); }};
    while (cut.load() == Instant{}) std::this_thread::yield();
    EXPECT_GE(cut.load(), at);
}

TEST(DeadlineWatchTest, cuts_when_the_token_is_stopped) {
    std::stop_source source;
    std::atomic<int> cuts{0};
    const DeadlineWatch watch{never, source.get_token(), [&] { ++cuts; }};
    EXPECT_EQ(cuts, 0);
    source.request_stop();
    while (cuts == 0) std::this_thread::yield();
}

TEST(DeadlineWatchTest, cuts_again_until_it_ends) {
    const SystemClock clock;
    std::atomic<int> cuts{0};
    {
        const DeadlineWatch watch{clock.now(), {}, [&] { ++cuts; }};
        while (cuts < 3) std::this_thread::yield();
    }
    const int until_the_end = cuts;
    std::this_thread::yield();
    EXPECT_EQ(cuts, until_the_end);
}

TEST(DeadlineWatchTest, that_ends_before_cuts_nothing) {
    const SystemClock clock;
    bool cut = false;
    { const DeadlineWatch watch{clock.now() + 1h, {}, [&] { cut = true; }}; }
    { const DeadlineWatch watch{never, {}, [&] { cut = true; }}; }
    EXPECT_FALSE(cut);
}

}   // namespace
}   // namespace outrigger::middleware
