// SPDX-License-Identifier: Apache-2.0
#include "middleware/caught_signals.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>
#include <thread>

namespace outrigger::middleware {
namespace {

TEST(CaughtSignals, are_kept_until_somebody_waits) {
    const CaughtSignals caught{{SIGUSR1, SIGUSR2}};
    (void)std::raise(SIGUSR2);
    (void)std::raise(SIGUSR1);
    EXPECT_EQ(caught.wait(), SIGUSR2);
    EXPECT_EQ(caught.wait(), SIGUSR1);
}

TEST(CaughtSignals, reach_whoever_waits_from_any_thread) {
    const CaughtSignals caught{{SIGUSR1}};
    std::thread other{[] { (void)std::raise(SIGUSR1); }};
    EXPECT_EQ(caught.wait(), SIGUSR1);
    other.join();
}

TEST(CaughtSignals, a_wake_up_is_no_signal) {
    const CaughtSignals caught{{}};
    caught.wake();
    EXPECT_EQ(caught.wait(), 0);
}

TEST(CaughtSignals, do_afterwards_what_they_did_before) {
    static volatile std::sig_atomic_t mine;
    mine = 0;
    const auto before = std::signal(SIGUSR1, [](int) { mine = mine + 1; });
    {
        const CaughtSignals caught{{SIGUSR1}};
        (void)std::raise(SIGUSR1);
        EXPECT_EQ(caught.wait(), SIGUSR1);
    }
    (void)std::raise(SIGUSR1);
    EXPECT_EQ(mine, 1);
    (void)std::signal(SIGUSR1, before);
}

TEST(CaughtSignals, one_object_has_them_at_a_time) {
    {
        const CaughtSignals first{{SIGUSR1}};
        EXPECT_THROW((CaughtSignals{{SIGUSR2}}), std::logic_error);
        EXPECT_NO_THROW((CaughtSignals{{}}));
    }
    EXPECT_NO_THROW((CaughtSignals{{SIGUSR2}}));
}

TEST(CaughtSignals, what_nobody_can_catch_is_refused_and_nothing_stays_caught) {
    EXPECT_THROW((CaughtSignals{{SIGUSR1, SIGKILL}}), std::invalid_argument);
    struct sigaction now {};
    ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &now), 0);
    EXPECT_EQ(now.sa_handler, SIG_DFL);
    EXPECT_NO_THROW((CaughtSignals{{SIGUSR1}}));
}

TEST(CaughtSignals, more_of_them_than_the_pipe_holds_do_no_harm) {
    const CaughtSignals caught{{SIGUSR1}};
    for (int i = 0; i < 70'000; ++i) (void)std::raise(SIGUSR1);
    EXPECT_EQ(caught.wait(), SIGUSR1);
}

}   // namespace
}   // namespace outrigger::middleware
