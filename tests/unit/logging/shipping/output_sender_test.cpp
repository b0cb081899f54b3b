// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/output_sender.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>

namespace outrigger::logging {
namespace {

class OutputSenderTest : public ::testing::Test {
protected:
    OutputSenderTest() { (void)!::pipe2(ends, O_CLOEXEC); }
    ~OutputSenderTest() override {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    std::string read() {
        std::string text(1 << 20, '\0');
        const auto size = ::read(ends[0], text.data(), text.size());
        text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return text;
    }

    int ends[2] = {-1, -1};
    std::vector<Outcome> ended;
};

TEST_F(OutputSenderTest, what_the_descriptor_has_taken_is_delivered) {
    OutputSender sender{ends[1]};
    sender.send({.batch = 1, .records = 1, .lines = "a\n"}, {});
    EXPECT_FALSE(sender.ready());
    sender.advance({}, ended);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, Outcome::Kind::delivered);
    EXPECT_EQ(read(), "a\n");
    EXPECT_TRUE(sender.ready());
}

TEST_F(OutputSenderTest, a_full_pipe_is_waited_for) {
    OutputSender sender{ends[1]};
    std::string lines;
    while (lines.size() < 200'000) lines += std::string(99, 'x') + '\n';
    sender.send({.batch = 1, .records = 2000, .lines = lines}, {});
    std::string received;
    for (int i = 0; i < 100 && ended.empty(); ++i) {
        sender.advance({}, ended);
        std::vector<pollfd> descriptors;
        sender.watch(descriptors);
        EXPECT_EQ(descriptors.size(), ended.empty() ? 1U : 0U);
        received += read();
    }
    EXPECT_EQ(ended.size(), 1U);
    while (received.size() < lines.size()) received += read();
    EXPECT_EQ(received, lines);
}

TEST_F(OutputSenderTest, a_line_that_was_torn_ends_before_the_next_begins) {
    const int file = ::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) GTEST_SKIP() << "SKIPPED: no unnamed file in /tmp";
    OutputSender sender{file};
    auto* const handler = ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit small = before;
    small.rlim_cur = 5;
    ::setrlimit(RLIMIT_FSIZE, &small);   // as a disk that is full in the middle of a line
    sender.send({.batch = 1, .records = 1, .lines = "abcdefg\n"}, {});
    sender.advance({}, ended);
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, handler);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, Outcome::Kind::again);
    sender.send(std::move(ended[0].parcel), {});
    sender.advance({}, ended);
    std::string text(100, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(file, text.data(), text.size(), 0), 0)));
    ::close(file);
    EXPECT_EQ(text, "abcde\nabcdefg\n");
}

TEST_F(OutputSenderTest, a_descriptor_that_fails_is_tried_again_later) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    OutputSender sender{full};
    ::close(full);
    sender.send({.batch = 1, .records = 1, .lines = "a\n"}, {});
    sender.advance({}, ended);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, Outcome::Kind::again);
    EXPECT_EQ(ended[0].detail, "cannot write: No space left on device");
    EXPECT_EQ(ended[0].parcel.lines, "a\n");
}

}   // namespace
}   // namespace outrigger::logging
