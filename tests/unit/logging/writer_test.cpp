// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/writer.hpp>
#include "descriptors.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <thread>
#include <vector>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

constexpr Duration soon = 20s;  // an upper bound that a working writer never comes near

void expect_balance(const WriterStats& stats) {
    EXPECT_EQ(stats.accepted, stats.written + stats.lost + stats.in_hand);
}

// Reads the other end until it is closed.
std::future<std::string> read_all(const Descriptor& from) {
    return std::async(std::launch::async, [fd = from.fd()] {
        std::string all;
        std::array<char, 1000> part;
        for (;;) {
            const auto count = ::read(fd, part.data(), part.size());
            if (count <= 0) return all;
            all.append(part.data(), static_cast<std::size_t>(count));
        }
    });
}

TEST(Writer, lines_arrive_in_order_after_a_flush) {
    const Descriptor file = temporary_file();
    Writer writer{file.fd()};
    writer.start();
    EXPECT_TRUE(writer.append("one\n"));
    EXPECT_TRUE(writer.append("two\n"));
    EXPECT_TRUE(writer.flush(soon));
    EXPECT_EQ(contents(file), "one\ntwo\n");
    const auto stats = writer.stats();
    EXPECT_EQ(stats.accepted, 2U);
    EXPECT_EQ(stats.written, 2U);
    EXPECT_EQ(stats.bytes, 8U);
    EXPECT_EQ(stats.in_hand, 0U);
    EXPECT_EQ(stats.dropped + stats.lost, 0U);
}

TEST(Writer, without_a_flush_lines_arrive_by_themselves) {
    const Pipe pipe;
    Writer writer{pipe.write.fd(), {.flush_every = 1ms}};
    writer.start();
    writer.append("x\n");
    std::array<char, 8> byte;
    EXPECT_EQ(::read(pipe.read.fd(), byte.data(), byte.size()), 2);  // waits for it
}

TEST(Writer, a_full_batch_is_written_at_once) {
    const Pipe pipe;
    Writer writer{pipe.write.fd(), {.capacity = Bytes{1000}, .flush_at = Bytes{4}, .flush_every = 24h}};
    writer.start();
    writer.append("x\n");
    writer.append("y\n");
    std::array<char, 8> bytes;
    EXPECT_EQ(::read(pipe.read.fd(), bytes.data(), bytes.size()), 4);
}

TEST(Writer, after_a_flush_lines_are_gathered_again) {
    const Pipe pipe;
    Writer writer{pipe.write.fd(), {.flush_every = 24h}};
    writer.start();
    writer.append("first\n");
    EXPECT_TRUE(writer.flush(soon));
    EXPECT_EQ(pipe.read.drained(), "first\n");
    writer.append("second\n");
    pollfd entry{pipe.read.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&entry, 1, 20), 0);
    EXPECT_EQ(writer.stats().in_hand, 1U);
}

TEST(Writer, the_destructor_writes_what_is_in_hand) {
    const Descriptor file = temporary_file();
    {
        Writer writer{file.fd(), {.flush_every = 24h}};
        writer.start();
        writer.append("last words\n");
    }
    EXPECT_EQ(contents(file), "last words\n");
}

TEST(Writer, lines_that_come_before_the_start_are_kept) {
    const Descriptor file = temporary_file();
    Writer writer{file.fd()};
    writer.append("early\n");
    EXPECT_FALSE(writer.flush(soon));  // nobody would write it
    EXPECT_EQ(contents(file), "");
    writer.start();
    EXPECT_TRUE(writer.flush(soon));
    EXPECT_EQ(contents(file), "early\n");
}

TEST(Writer, past_its_capacity_whole_lines_are_dropped_and_counted) {
    const Descriptor file = temporary_file();
    Writer writer{file.fd(), {.capacity = Bytes{10}, .flush_at = Bytes{10}}};
    EXPECT_TRUE(writer.append("12345\n"));
    EXPECT_FALSE(writer.append("12345\n"));
    EXPECT_TRUE(writer.append("123\n"));  // fits exactly
    EXPECT_FALSE(writer.append("\n"));
    EXPECT_EQ(writer.stats().dropped, 2U);
    EXPECT_EQ(writer.stats().in_hand, 2U);
    writer.start();
    EXPECT_TRUE(writer.flush(soon));
    EXPECT_EQ(contents(file), "12345\n123\n");
    EXPECT_TRUE(writer.append("again\n"));  // there is room again
}

TEST(Writer, text_that_is_no_line_is_refused) {
    const Descriptor file = temporary_file();
    Writer writer{file.fd()};
    EXPECT_FALSE(writer.append(""));
    EXPECT_FALSE(writer.append("no end"));
    EXPECT_FALSE(writer.append("one\nno end"));
    EXPECT_TRUE(writer.append("one\ntwo\n"));
    EXPECT_EQ(writer.stats().dropped, 3U);
    EXPECT_EQ(writer.stats().accepted, 2U);
}

TEST(Writer, a_full_pipe_holds_up_neither_a_caller_nor_the_end) {
    const Pipe pipe;
    const auto size = static_cast<std::size_t>(::fcntl(pipe.write.fd(), F_GETPIPE_SZ));
    const std::string line = std::string(99, 'x') + "\n";
    {
        Writer writer{
            pipe.write.fd(),
            {.capacity = Bytes{size}, .flush_at = Bytes{1000}, .flush_every = 1ms, .last_words = 1ms}};
        writer.start();
        std::uint64_t refused = 0;
        while (refused < 10) refused += writer.append(line) ? 0U : 1U;  // ends only if append() never waits
        EXPECT_FALSE(writer.flush(1ms));
        const auto stats = writer.stats();
        EXPECT_EQ(stats.dropped, 10U);
        EXPECT_GT(stats.in_hand, 0U);
        expect_balance(stats);
    }
    // Whole lines, and no more than a pipe holds.
    const std::string received = pipe.read.drained();
    EXPECT_GT(received.size(), 0U);
    EXPECT_EQ(received.size() % line.size(), 0U);
    EXPECT_LE(received.size(), size);
}

TEST(Writer, a_reader_that_comes_back_gets_everything_in_one_piece) {
    Pipe pipe;
    const auto size = static_cast<std::size_t>(::fcntl(pipe.write.fd(), F_GETPIPE_SZ));
    auto writer = std::make_unique<Writer>(
        pipe.write.fd(), WriterSettings{.capacity = Bytes{8 * size}, .flush_every = 1ms, .last_words = soon});
    pipe.write.close();
    writer->start();
    std::string expected;
    for (std::size_t i = 0; expected.size() < 4 * size; ++i) {
        const std::string line =
            std::to_string(i) + std::string(i % 6000, '.') + "\n";  // some longer than PIPE_BUF
        ASSERT_TRUE(writer->append(line));
        expected += line;
    }
    EXPECT_FALSE(writer->flush(1ms));  // it fills the pipe four times, and there is no reader
    auto reader = read_all(pipe.read);
    EXPECT_TRUE(writer->flush(soon));
    EXPECT_EQ(writer->stats().written, writer->stats().accepted);
    writer.reset();  // the last who could write: the reader sees the end
    EXPECT_EQ(reader.get(), expected);
}

TEST(Writer, the_destructor_lets_a_slow_reader_catch_up) {
    Pipe pipe;
    const auto size = static_cast<std::size_t>(::fcntl(pipe.write.fd(), F_GETPIPE_SZ));
    const std::string line = std::string(999, 'x') + "\n";
    auto writer = std::make_unique<Writer>(
        pipe.write.fd(), WriterSettings{.capacity = Bytes{8 * size}, .flush_every = 1ms, .last_words = soon});
    pipe.write.close();
    writer->start();
    const std::size_t count = 3 * size / line.size();
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(writer->append(line));
    auto reader = read_all(pipe.read);
    writer.reset();
    EXPECT_EQ(reader.get().size(), count * line.size());
}

// A limit on the file's size cuts a line as a full disk does.
TEST(Writer, a_line_that_an_error_cut_does_not_run_into_the_next_one) {
    const Descriptor file = temporary_file();
    Writer writer{file.fd()};
    writer.start();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit tight = before;
    tight.rlim_cur = 10;
    ::setrlimit(RLIMIT_FSIZE, &tight);
    writer.append("12345\nabcdef\n");
    const bool flushed = writer.flush(soon);
    ::setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_TRUE(flushed);
    EXPECT_EQ(writer.stats().written, 1U);
    EXPECT_EQ(writer.stats().lost, 1U);
    EXPECT_EQ(writer.stats().last_error, EFBIG);
    writer.append("next\n");
    EXPECT_TRUE(writer.flush(soon));
    EXPECT_EQ(contents(file), "12345\nabcd\nnext\n");
    expect_balance(writer.stats());
}

TEST(Writer, a_reader_that_left_costs_lines_but_neither_a_signal_nor_the_writer) {
    Pipe pipe;
    Writer writer{pipe.write.fd()};
    writer.start();
    pipe.read.close();
    writer.append("one\n");
    EXPECT_TRUE(writer.flush(soon));
    writer.append("two\n");
    EXPECT_TRUE(writer.flush(soon));
    const auto stats = writer.stats();
    EXPECT_EQ(stats.lost, 2U);
    EXPECT_EQ(stats.written, 0U);
    EXPECT_EQ(stats.last_error, EPIPE);
    expect_balance(stats);
}

TEST(Writer, a_full_disk_is_counted) {
    const Descriptor full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    Writer writer{full.fd()};
    writer.start();
    writer.append("one\ntwo\n");
    EXPECT_TRUE(writer.flush(soon));
    EXPECT_EQ(writer.stats().lost, 2U);
    EXPECT_EQ(writer.stats().last_error, ENOSPC);
}

TEST(Writer, many_threads_lose_nothing_and_tear_nothing) {
    constexpr int threads = 4;
    constexpr int each = 2'000;
    const Descriptor file = temporary_file();
    Writer writer{file.fd(), {.flush_at = Bytes{512}, .flush_every = 1ms}};
    writer.start();
    std::vector<std::thread> callers;
    for (int thread = 0; thread < threads; ++thread)
        callers.emplace_back([&writer, thread] {
            const std::string name(1, static_cast<char>('a' + thread));
            for (int i = 0; i < each; ++i) EXPECT_TRUE(writer.append(name + std::to_string(i) + '\n'));
        });
    for (auto& caller : callers) caller.join();
    EXPECT_TRUE(writer.flush(soon));
    std::vector<int> next(threads, 0);  // each thread's lines are whole and in order
    std::size_t from = 0;
    const std::string all = contents(file);
    while (from < all.size()) {
        const auto end = all.find('\n', from);
        const auto thread = static_cast<std::size_t>(all.at(from) - 'a');
        ASSERT_EQ(all.substr(from + 1, end - from - 1), std::to_string(next.at(thread)++));
        from = end + 1;
    }
    EXPECT_EQ(next, std::vector<int>(threads, each));
    expect_balance(writer.stats());
}

TEST(Writer, settings_without_sense_and_closed_descriptors_are_refused) {
    const Descriptor file = temporary_file();
    EXPECT_THROW((Writer{file.fd(), {.capacity = Bytes{10}, .flush_at = Bytes{11}}}), std::invalid_argument);
    EXPECT_THROW((Writer{file.fd(), {.capacity = Bytes{10}, .flush_at = Bytes{0}}}), std::invalid_argument);
    EXPECT_THROW(Writer{-1}, std::system_error);
}

}  // namespace
}  // namespace outrigger::logging
