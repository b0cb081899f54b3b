// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/output.hpp>
#include "descriptors.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <string>
#include <sys/wait.h>
#include <system_error>

namespace outrigger::logging {
namespace {

std::string lines(std::size_t count, std::size_t length) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += std::string(length - 1, 'x') + "\n";
    return all;
}

// Blocks SIGPIPE for one test, as the writer's thread does.
class WithoutSigpipe {
public:
    WithoutSigpipe() {
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, &before_);
    }
    ~WithoutSigpipe() {
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        timespec now{};
        ::sigtimedwait(&pipe, nullptr, &now);  // take away what is pending
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t before_;
};

TEST(Output, a_pipe_takes_lines_as_they_are) {
    const Pipe pipe;
    Output output{pipe.write.fd()};
    EXPECT_TRUE(output.never_waits());
    const auto progress = output.write("one\ntwo\n");
    EXPECT_EQ(progress.taken, 8U);
    EXPECT_EQ(progress.error, 0);
    EXPECT_EQ(pipe.read.drained(), "one\ntwo\n");
}

TEST(Output, the_callers_descriptor_stays_blocking) {
    const Pipe pipe;
    const Output output{pipe.write.fd()};
    EXPECT_EQ(::fcntl(pipe.write.fd(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Output, a_full_pipe_ends_at_a_lines_end_and_goes_on_there) {
    const Pipe pipe;
    const auto size = static_cast<std::size_t>(::fcntl(pipe.write.fd(), F_GETPIPE_SZ));
    Output output{pipe.write.fd()};
    const std::string text = lines(2 * size / 300, 300);
    const auto first = output.write(text);
    EXPECT_EQ(first.error, EAGAIN);
    EXPECT_GT(first.taken, size / 2);
    EXPECT_EQ(first.taken % 300, 0U);
    std::string received = pipe.read.drained();
    EXPECT_EQ(received.size(), first.taken);
    std::size_t taken = first.taken;
    while (taken < text.size()) {
        taken += output.write(std::string_view{text}.substr(taken)).taken;
        received += pipe.read.drained();
    }
    EXPECT_EQ(received, text);
}

TEST(Output, a_line_longer_than_a_pipe_takes_at_once_goes_in_parts) {
    const Pipe pipe;
    Output output{pipe.write.fd()};
    const std::string text = lines(1, PIPE_BUF * 3 + 17) + "short\n";
    EXPECT_EQ(output.write(text).taken, text.size());
    EXPECT_EQ(pipe.read.drained(), text);
}

TEST(Output, a_pipe_that_nobody_reads_is_an_error) {
    Pipe pipe;
    Output output{pipe.write.fd()};
    pipe.read.close();
    const WithoutSigpipe without;
    EXPECT_EQ(output.write("x\n").error, EPIPE);
}

// No other writer can be let in or out here, so that even a pipe that could not be opened again never waits.
TEST(Output, a_pipe_that_cannot_be_opened_again_is_asked_for_room_before_each_write) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become a user who may not open root's pipe";
    const Pipe pipe;
    const pid_t child = ::fork();
    if (child == 0) {
        if (::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
        Output output{pipe.write.fd()};
        const auto progress = output.write(lines(10'000, 300));
        ::_exit(!output.never_waits() && progress.error == EAGAIN && progress.taken % 300 == 0 ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_GT(pipe.read.drained().size(), 0U);
}

TEST(Output, a_full_socket_does_not_wait) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const Descriptor mine{ends[0]};
    const Descriptor theirs{ends[1]};
    Output output{mine.fd()};
    const std::string text = lines(10'000, 300);
    const auto progress = output.write(text);
    EXPECT_EQ(progress.error, EAGAIN);
    EXPECT_EQ(theirs.drained(), text.substr(0, progress.taken));
}

TEST(Output, a_file_is_written_at_the_offset_that_the_caller_shares) {
    const Descriptor file = temporary_file();
    ASSERT_EQ(::write(file.fd(), "before\n", 7), 7);
    Output output{file.fd()};
    EXPECT_EQ(output.write("line\n").error, 0);
    ASSERT_EQ(::write(file.fd(), "after\n", 6), 6);
    EXPECT_EQ(contents(file), "before\nline\nafter\n");
}

TEST(Output, a_file_opened_for_appending_is_appended_to) {
    const Descriptor file = temporary_file(O_APPEND);
    Output output{file.fd()};
    EXPECT_EQ(output.write("one\n").error, 0);
    ::lseek(file.fd(), 0, SEEK_SET);
    EXPECT_EQ(output.write("two\n").error, 0);
    EXPECT_EQ(contents(file), "one\ntwo\n");
}

TEST(Output, a_full_disk_is_an_error) {
    const Descriptor full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    Output output{full.fd()};
    const auto progress = output.write("x\n");
    EXPECT_EQ(progress.taken, 0U);
    EXPECT_EQ(progress.error, ENOSPC);
}

TEST(Output, a_descriptor_that_is_closed_or_only_for_reading_is_refused) {
    EXPECT_THROW(Output{-1}, std::system_error);
    const Pipe pipe;
    EXPECT_THROW(Output{pipe.read.fd()}, std::system_error);
}

}  // namespace
}  // namespace outrigger::logging
