// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/deadline_watch.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

TEST(DeadlineWatchTest, cuts_when_the_time_has_come) {
    const SystemClock clock;
    const Instant at = clock.now() + 10ms;
    std::promise<Instant> cut;
    const DeadlineWatch watch{at, [&] { cut.set_value(clock.now()); }};
    EXPECT_GE(cut.get_future().get(), at);
}

TEST(DeadlineWatchTest, that_ends_before_cuts_nothing) {
    const SystemClock clock;
    bool cut = false;
    { const DeadlineWatch watch{clock.now() + 1h, [&] { cut = true; }}; }
    { const DeadlineWatch watch{never, [&] { cut = true; }}; }
    EXPECT_FALSE(cut);
}

}   // namespace
}   // namespace outrigger::middleware
