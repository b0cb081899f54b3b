// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/heartbeat.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

TEST(Heartbeat, silence_is_counted_from_the_last_beat) {
    const Instant start{1h};
    Heartbeat heartbeat{start};
    EXPECT_EQ(heartbeat.silence(start + 3s), 3s);
    heartbeat.beat(start + 2s);
    EXPECT_EQ(heartbeat.silence(start + 3s), 1s);
}

TEST(Heartbeat, a_beat_that_seems_later_than_now_is_no_silence) {
    const Instant start{1h};
    Heartbeat heartbeat{start};
    heartbeat.beat(start + 2s);
    EXPECT_EQ(heartbeat.silence(start + 1s), 0s);
}

}  // namespace
}  // namespace outrigger::health
