// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/send_batch.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/unit/sidecar/net/tcp_loop.hpp"

namespace outrigger::net {
namespace {

class SendBatchTest : public TcpLoop {
protected:
    Task<void> at_the_end_of_the_turn();
    Task<void> order();
    Task<void> many();
    Task<void> the_end_of_a_stream();
    Task<void> the_end_of_writing();
    Task<void> slow_reader();
    Task<void> end_behind_a_slow_reader();
    Task<void> reset();
    Task<void> one_more_than_it_holds(int end);
    Task<void> lost();

    // What theirs has to read now, and then what comes until it is so much.
    Task<std::string> read_bytes(std::size_t count) {
        std::string all;
        while (all.size() < count) {
            const std::string some = read(*theirs);
            all += some;
            if (some.empty() && !co_await opens(theirs->readable())) break;
        }
        co_return all;
    }
    // Says so much that the kernel does not take the last of it. How much that was.
    Task<std::size_t> fill() {
        const std::string message(SendBatch::largest, 'x');
        std::size_t said = 0;
        while (!ours->has_unsent() && said < (std::size_t{64} << 20)) {
            said += write_soon(*ours, message).count;
            co_await Yield{scheduler()};
        }
        co_return said;
    }
};

Task<void> SendBatchTest::at_the_end_of_the_turn() {
    co_await connected();
    EXPECT_EQ(write_soon(*ours, "hello").count, 5U);
    EXPECT_EQ(read_kind(*theirs), Transfer::Kind::again) << "the turn goes on";
    const std::string got = co_await read_bytes(5);
    EXPECT_EQ(got, "hello");
}
TEST_F(SendBatchTest, a_message_leaves_at_the_end_of_the_turn) { run(at_the_end_of_the_turn()); }

Task<void> SendBatchTest::order() {
    co_await connected();
    (void)write_soon(*ours, "one ");
    (void)write_soon(*ours, "two ");
    EXPECT_EQ(write(*ours, "three ").count, 6U);
    (void)write_soon(*ours, "four ");
    (void)write_soon(*ours, std::string(SendBatch::largest + 1, 'x'));
    const std::string got = co_await read_bytes(19 + SendBatch::largest + 1);
    EXPECT_EQ(got, "one two three four " + std::string(SendBatch::largest + 1, 'x'));
}
TEST_F(SendBatchTest, what_was_said_first_leaves_first) { run(order()); }

Task<void> SendBatchTest::many() {
    co_await connected();
    std::string said;
    for (int i = 0; i < 100; ++i) {
        const std::string message(SendBatch::largest, static_cast<char>('a' + i % 26));
        said += message;
        (void)write_soon(*ours, message);
    }
    const std::string got = co_await read_bytes(said.size());
    EXPECT_EQ(got, said);
}
TEST_F(SendBatchTest, more_than_it_holds_leaves_earlier) { run(many()); }

Task<void> SendBatchTest::the_end_of_a_stream() {
    co_await connected();
    (void)write_soon(*ours, "last words");
    ours.reset();
    Transfer last;
    const std::string all = co_await read_all(*theirs, last);
    EXPECT_EQ(all, "last words");
    EXPECT_EQ(last.kind, Transfer::Kind::eof);
}
TEST_F(SendBatchTest, a_stream_that_ends_has_said_what_it_said) { run(the_end_of_a_stream()); }

Task<void> SendBatchTest::the_end_of_writing() {
    co_await connected();
    (void)write_soon(*ours, "question");
    ours->shut_down_writing();
    Transfer last;
    const std::string all = co_await read_all(*theirs, last);
    EXPECT_EQ(all, "question");
    EXPECT_EQ(last.kind, Transfer::Kind::eof);
}
TEST_F(SendBatchTest, the_end_of_writing_comes_behind_it) { run(the_end_of_writing()); }

Task<void> SendBatchTest::slow_reader() {
    co_await connected();
    const std::size_t said = co_await fill();
    EXPECT_TRUE(ours->has_unsent());
    EXPECT_FALSE(ours->writable().is_open());
    EXPECT_EQ(write_soon(*ours, "more").kind, Transfer::Kind::again) << "it is known to be slow";
    const std::string got = co_await read_bytes(said);
    EXPECT_EQ(got.size(), said);
    const bool room = co_await opens(ours->writable());
    EXPECT_TRUE(room);
    EXPECT_EQ(write_soon(*ours, "more").count, 4U);
    EXPECT_EQ(read(*theirs), "more") << "now it is told at once";
}
TEST_F(SendBatchTest, what_the_kernel_does_not_take_leaves_when_there_is_room) { run(slow_reader()); }

Task<void> SendBatchTest::end_behind_a_slow_reader() {
    co_await connected();
    const std::size_t said = co_await fill();
    ours->shut_down_writing();
    Transfer last;
    const std::string all = co_await read_all(*theirs, last);
    EXPECT_EQ(all.size(), said);
    EXPECT_EQ(last.kind, Transfer::Kind::eof);
}
TEST_F(SendBatchTest, nor_does_the_end_overtake_that) { run(end_behind_a_slow_reader()); }

Task<void> SendBatchTest::reset() {
    co_await connected();
    theirs->abort_on_close();
    theirs.reset();
    co_await told(*ours);
    EXPECT_EQ(write_soon(*ours, "x").kind, Transfer::Kind::bytes);
    co_await Yield{scheduler()};
    Transfer last;
    (void)co_await read_all(*ours, last);
    EXPECT_EQ(last.kind, Transfer::Kind::fault);
    EXPECT_EQ(last.os_error, ECONNRESET);
}
TEST_F(SendBatchTest, that_it_could_not_leave_is_told_by_reading) { run(reset()); }

// The last message makes the others leave, its own stream's.
Task<void> SendBatchTest::one_more_than_it_holds(int end) {
    co_await connected();
    std::string said;
    for (int i = 0; i < 33; ++i) {
        const std::string message = std::to_string(i) + ' ';
        (void)write_soon(*ours, message);
        said += message;
    }
    if (end == 0) ours.reset();
    if (end == 1) ours->shut_down_writing();
    if (end == 2) (void)write(*ours, "last");
    if (end == 2) said += "last";
    const std::string got = co_await read_bytes(said.size());
    EXPECT_EQ(got, said);
}
TEST_F(SendBatchTest, one_more_than_it_holds_and_the_stream_ends) { run(one_more_than_it_holds(0)); }
TEST_F(SendBatchTest, one_more_than_it_holds_and_writing_ends) { run(one_more_than_it_holds(1)); }
TEST_F(SendBatchTest, one_more_than_it_holds_and_one_that_leaves_at_once) { run(one_more_than_it_holds(2)); }

Task<void> SendBatchTest::lost() {
    co_await connected();
    (void)co_await fill();
    EXPECT_TRUE(ours->has_unsent());
    theirs->abort_on_close();
    theirs.reset();
    const bool told_of_it = co_await opens(ours->writable());
    EXPECT_TRUE(told_of_it);
    EXPECT_FALSE(ours->has_unsent());
    EXPECT_EQ(write(*ours, "more").kind, Transfer::Kind::fault) << "nothing may follow what was lost";
}
TEST_F(SendBatchTest, what_waits_for_a_peer_that_resets_is_lost_and_told) { run(lost()); }

}   // namespace
}   // namespace outrigger::net
