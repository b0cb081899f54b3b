// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/memory.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include <outrigger/core/manual_loop.hpp>

#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::net {
namespace {

class Memory : public testing::Test {
protected:
    ManualLoop loop;
    std::unique_ptr<MemoryStream> ours;
    std::unique_ptr<MemoryStream> theirs;
    CountedClosings closings;

    void connect(std::size_t capacity = 64 * 1024) {
        std::tie(ours, theirs) = MemoryStream::pair(loop.scheduler(), capacity);
    }
};

TEST_F(Memory, what_one_end_writes_the_other_reads) {
    connect();
    EXPECT_EQ(write(*ours, "hello").count, 5u);
    EXPECT_EQ(write(*theirs, "good day").count, 8u);
    EXPECT_EQ(read(*theirs), "hello");
    EXPECT_EQ(read(*ours), "good day");
}

TEST_F(Memory, nothing_there_is_again_and_closes_the_gate_until_something_comes) {
    connect();
    ours->readable().open();
    EXPECT_EQ(read_kind(*ours), Transfer::Kind::again);
    EXPECT_FALSE(ours->readable().is_open());
    (void)write(*theirs, "x");
    EXPECT_TRUE(ours->readable().is_open());
}

TEST_F(Memory, a_read_that_leaves_something_leaves_the_gate_open) {
    connect();
    (void)write(*theirs, "abc");
    EXPECT_EQ(read(*ours, 2), "ab");
    EXPECT_TRUE(ours->readable().is_open());
    EXPECT_EQ(read(*ours, 2), "c");
    EXPECT_FALSE(ours->readable().is_open());
}

TEST_F(Memory, its_capacity_is_the_most_that_is_under_way) {
    connect(10);
    EXPECT_EQ(write(*ours, "0123456789abc").count, 10u);
    EXPECT_FALSE(ours->writable().is_open());
    const Transfer more = write(*ours, "x");
    EXPECT_EQ(more.kind, Transfer::Kind::again);
    EXPECT_EQ(more.count, 0u);
    EXPECT_EQ(read(*theirs, 4), "0123");
    EXPECT_TRUE(ours->writable().is_open());
    EXPECT_EQ(write(*ours, "ABCDEF").count, 4u);
    EXPECT_EQ(read(*theirs), "456789ABCD");
}

TEST_F(Memory, the_directions_have_a_capacity_each) {
    connect(4);
    EXPECT_EQ(write(*ours, "12345").count, 4u);
    EXPECT_EQ(write(*theirs, "abcde").count, 4u);
}

TEST_F(Memory, parts_are_taken_in_order_and_cut_where_the_room_ends) {
    connect(5);
    std::string one = "abc";
    std::string two = "";
    std::string three = "defg";
    const iovec parts[]{{one.data(), one.size()}, {two.data(), 0}, {three.data(), three.size()}};
    EXPECT_EQ(ours->try_write(parts).count, 5u);
    EXPECT_EQ(read(*theirs), "abcde");
}

TEST_F(Memory, an_orderly_end_comes_after_all_that_was_written) {
    connect();
    theirs->watch_peer(&closings);
    (void)write(*ours, "last words");
    ours->shut_down_writing();
    EXPECT_EQ(closings.times, 1);
    EXPECT_TRUE(theirs->peer_has_closed());
    EXPECT_EQ(read(*theirs), "last words");
    EXPECT_TRUE(theirs->readable().is_open()) << "the end is still to be read";
    EXPECT_EQ(read_kind(*theirs), Transfer::Kind::eof);
    EXPECT_EQ(read_kind(*theirs), Transfer::Kind::eof);
    EXPECT_EQ(write(*theirs, "still heard").count, 11u);
    EXPECT_EQ(read(*ours), "still heard");
}

TEST_F(Memory, an_end_that_goes_leaves_its_bytes_behind) {
    connect();
    (void)write(*ours, "last words");
    ours.reset();
    EXPECT_FALSE(theirs->connected());
    EXPECT_EQ(read(*theirs), "last words");
    EXPECT_EQ(read_kind(*theirs), Transfer::Kind::eof);
    EXPECT_EQ(write(*theirs, "x").os_error, EPIPE);
}

TEST_F(Memory, an_abortive_end_is_a_reset) {
    connect();
    theirs->watch_peer(&closings);
    ours->abort_on_close();
    ours.reset();
    EXPECT_EQ(closings.times, 1);
    std::array<char, 8> into;
    const Transfer got = theirs->try_read(into);
    EXPECT_EQ(got.kind, Transfer::Kind::fault);
    EXPECT_EQ(got.fault("recv"), (Fault{Reason::upstream_reset, "recv", ECONNRESET}));
    EXPECT_EQ(write(*theirs, "x").kind, Transfer::Kind::fault);
}

TEST_F(Memory, a_peer_that_goes_opens_the_gate_of_one_who_waits_for_room) {
    connect(1);
    (void)write(*ours, "ab");
    ASSERT_FALSE(ours->writable().is_open());
    theirs.reset();
    EXPECT_TRUE(ours->writable().is_open());
    EXPECT_EQ(write(*ours, "b").kind, Transfer::Kind::fault);
}

TEST_F(Memory, a_watch_is_told_once_and_at_once_if_the_peer_has_closed_already) {
    connect();
    ours->shut_down_writing();
    theirs->watch_peer(&closings);
    EXPECT_EQ(closings.times, 1);
    ours.reset();
    EXPECT_EQ(closings.times, 1);
}

TEST_F(Memory, a_watch_that_was_taken_off_is_not_told) {
    connect();
    theirs->watch_peer(&closings);
    theirs->watch_peer(nullptr);
    ours.reset();
    EXPECT_EQ(closings.times, 0);
}

}   // namespace
}   // namespace outrigger::net
