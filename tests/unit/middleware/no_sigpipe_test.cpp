// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/no_sigpipe.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace outrigger::middleware {
namespace {

// Nobody reads.
int write_to_a_broken_pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return 0;
    ::close(ends[0]);
    const int error = ::write(ends[1], "x", 1) < 0 ? errno : 0;
    ::close(ends[1]);
    return error;
}

bool blocked() {
    sigset_t now;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
    return ::sigismember(&now, SIGPIPE) == 1;
}

TEST(NoSigpipeTest, a_broken_pipe_is_an_error_and_nothing_is_left_behind) {
    const auto inherited = std::signal(SIGPIPE, SIG_DFL);
    {
        const NoSigpipe outer;
        const NoSigpipe inner;
        EXPECT_EQ(write_to_a_broken_pipe(), EPIPE);
        EXPECT_TRUE(blocked());
    }
    EXPECT_FALSE(blocked());   // and we are still here
    std::signal(SIGPIPE, inherited);
}

TEST(NoSigpipeDeathTest, before_and_after_it_is_what_the_program_says) {
    EXPECT_EXIT(
        {
            std::signal(SIGPIPE, SIG_DFL);
            { const NoSigpipe meanwhile; }
            (void)write_to_a_broken_pipe();
        },
        ::testing::KilledBySignal(SIGPIPE), "");
}

}   // namespace
}   // namespace outrigger::middleware
