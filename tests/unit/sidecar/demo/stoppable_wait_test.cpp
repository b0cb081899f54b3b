// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/stoppable_wait.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

TEST(StoppableWait, a_wait_for_what_has_passed_is_over_at_once) {
    StoppableWait wait;
    EXPECT_TRUE(wait.wait(0s));
    EXPECT_TRUE(wait.wait(-5s));
}

TEST(StoppableWait, once_stopped_every_wait_is_called_off) {
    StoppableWait wait;
    wait.stop();
    EXPECT_FALSE(wait.wait(1h));
    EXPECT_FALSE(wait.wait(0s));
}

TEST(StoppableWait, a_wait_under_way_is_called_off) {
    StoppableWait wait;
    auto waited = std::async(std::launch::async, [&] { return wait.wait(1h); });
    wait.stop();
    ASSERT_EQ(waited.wait_for(10s), std::future_status::ready);
    EXPECT_FALSE(waited.get());
}

}  // namespace
}  // namespace outrigger::demo
