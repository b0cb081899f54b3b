// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/transfers.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/unit/logging/shipping/loopback_server.hpp"

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

TEST(Transfers, a_wait_ends_when_somebody_wakes_it_even_before_it_began) {
    Transfers transfers;
    transfers.wake();
    transfers.wait({}, 1min);
    std::thread other{[&] { transfers.wake(); }};
    transfers.wait({}, 1min);
    other.join();
}

TEST(Transfers, a_wait_ends_when_a_descriptor_is_ready_or_the_time_is_over) {
    Transfers transfers;
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    transfers.wait({{ends[1], POLLOUT, 0}}, 1min);
    transfers.wait({{ends[0], POLLIN, 0}}, 1ms);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(Transfer, runs_again_and_says_what_failed) {
    Transfers transfers;
    Transfer transfer{transfers, {}, dead_host(), ""};
    for (int i = 0; i < 2; ++i) {
        transfer.start();
        for (int turns = 0; turns < 1000 && transfer.running(); ++turns) {
            transfers.perform();
            transfers.wait({}, 20ms);
        }
        EXPECT_EQ(transfer.result(), CURLE_COULDNT_CONNECT);
        EXPECT_NE(transfer.failure(), "");
    }
}

TEST(Transfer, can_be_stopped_and_dropped_under_way) {
    Transfers transfers;
    const LoopbackServer silent;
    Transfer transfer{transfers, {}, silent.host(), ""};
    transfer.start();
    transfers.perform();
    transfer.stop();
    EXPECT_FALSE(transfer.running());
    EXPECT_EQ(transfer.result(), std::nullopt);
    transfer.start();
    transfers.perform();
}

}   // namespace
}   // namespace outrigger::logging
