// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/socket_stream.hpp"

#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <string>

#include "tests/unit/sidecar/net/tcp_loop.hpp"

namespace outrigger::net {
namespace {

class Tcp : public TcpLoop {
protected:
    Task<void> bytes_both_ways();
    Task<void> gates_of_reading();
    Task<void> orderly_end();
    Task<void> end_behind_unread_bytes();
    Task<void> reset_is_told();
    Task<void> reset_told_to_a_write();
    Task<void> end_before_a_write();
    Task<void> half_closed();
    Task<void> slow_reader();
    Task<void> writing_to_nobody();
    Task<void> late_watch();
    Task<void> refused();
    Task<void> hopeless();
    Task<void> nothing_to_accept();
};

Task<void> Tcp::bytes_both_ways() {
    co_await connected();
    EXPECT_TRUE(peer.is_loopback());
    EXPECT_NE(peer.port(), 0);
    EXPECT_EQ(write(*ours, "hello").count, 5u);
    const bool heard = co_await opens(theirs->readable());
    EXPECT_TRUE(heard);
    EXPECT_EQ(read(*theirs), "hello");
    EXPECT_EQ(write(*theirs, "good day").count, 8u);
    const bool answered = co_await opens(ours->readable());
    EXPECT_TRUE(answered);
    EXPECT_EQ(read(*ours), "good day");
}
TEST_F(Tcp, what_one_end_writes_the_other_reads) { run(bytes_both_ways()); }

Task<void> Tcp::gates_of_reading() {
    co_await connected();
    EXPECT_EQ(read_kind(*ours), Transfer::Kind::again);
    EXPECT_FALSE(ours->readable().is_open());

    (void)write(*theirs, "abcdef");
    (void)co_await opens(ours->readable());
    EXPECT_EQ(read(*ours, 6), "abcdef");
    EXPECT_TRUE(ours->readable().is_open()) << "a full read may have left something";
    EXPECT_EQ(read_kind(*ours), Transfer::Kind::again);

    (void)write(*theirs, "ghi");
    (void)co_await opens(ours->readable());
    EXPECT_EQ(read(*ours, 6), "ghi");
    EXPECT_FALSE(ours->readable().is_open()) << "a short read has drained it";

    (void)write(*theirs, "jkl");
    const bool again = co_await opens(ours->readable());
    EXPECT_TRUE(again) << "what comes after a short read makes a new edge";
    EXPECT_EQ(read(*ours, 6), "jkl");
}
TEST_F(Tcp, a_short_read_counts_as_drained_and_the_next_bytes_make_a_new_edge) { run(gates_of_reading()); }

Task<void> Tcp::orderly_end() {
    co_await connected();
    CountedClosings closings;
    ours->watch_peer(&closings);
    (void)write(*theirs, "last words");
    theirs.reset();
    Transfer last;
    const std::string all = co_await read_all(*ours, last);
    EXPECT_EQ(all, "last words");
    EXPECT_EQ(last.kind, Transfer::Kind::eof);
    co_await told(*ours);
    EXPECT_EQ(closings.times, 1);
}
TEST_F(Tcp, an_orderly_end_comes_after_all_that_was_written) { run(orderly_end()); }

// The end is known before the bytes are read; a short read must then not close the gate, for no edge is to
// come.
Task<void> Tcp::end_behind_unread_bytes() {
    co_await connected();
    (void)write(*theirs, "abc");
    theirs.reset();
    co_await told(*ours);
    EXPECT_EQ(read(*ours), "abc");
    EXPECT_TRUE(ours->readable().is_open());
    EXPECT_EQ(read_kind(*ours), Transfer::Kind::eof);
}
TEST_F(Tcp, a_short_read_before_a_known_end_leaves_the_gate_open) { run(end_behind_unread_bytes()); }

Task<void> Tcp::reset_is_told() {
    co_await connected();
    CountedClosings closings;
    ours->watch_peer(&closings);
    theirs->abort_on_close();
    theirs.reset();
    Transfer last;
    (void)co_await read_all(*ours, last);
    EXPECT_EQ(last.kind, Transfer::Kind::fault);
    EXPECT_EQ(last.os_error, ECONNRESET);
    co_await told(*ours);
    EXPECT_EQ(closings.times, 1);
    EXPECT_TRUE(ours->writable().is_open());
    EXPECT_EQ(write(*ours, "x").kind, Transfer::Kind::fault);
}
TEST_F(Tcp, a_reset_is_a_fault_and_the_watch_is_told) { run(reset_is_told()); }

Task<void> Tcp::reset_told_to_a_write() {
    co_await connected();
    theirs->abort_on_close();
    theirs.reset();
    co_await told(*ours);
    EXPECT_EQ(write(*ours, "x").os_error, ECONNRESET);
    Transfer last;
    (void)co_await read_all(*ours, last);
    EXPECT_EQ(last.kind, Transfer::Kind::fault) << "an end in order it was not";
    EXPECT_EQ(last.os_error, ECONNRESET);
}
TEST_F(Tcp, a_reset_that_a_write_was_told_is_told_to_a_read_as_well) { run(reset_told_to_a_write()); }

Task<void> Tcp::end_before_a_write() {
    co_await connected();
    theirs.reset();
    co_await told(*ours);
    EXPECT_EQ(write(*ours, "x").count, 1u) << "it crosses with the end, and is answered by a reset";
    const Instant end = soon().deadline;
    while (write(*ours, "y").kind == Transfer::Kind::bytes && clock.now() < end) co_await Yield{scheduler()};
    Transfer last;
    (void)co_await read_all(*ours, last);
    EXPECT_EQ(last.kind, Transfer::Kind::eof) << "the end had come before";
}
TEST_F(Tcp, an_end_in_order_stays_one_whatever_was_written_after_it) { run(end_before_a_write()); }

Task<void> Tcp::half_closed() {
    co_await connected();
    (void)write(*ours, "question");
    ours->shut_down_writing();
    Transfer last;
    const std::string question = co_await read_all(*theirs, last);
    EXPECT_EQ(question, "question");
    EXPECT_EQ(last.kind, Transfer::Kind::eof);
    (void)write(*theirs, "answer");
    theirs.reset();
    const std::string answer = co_await read_all(*ours, last);
    EXPECT_EQ(answer, "answer");
}
TEST_F(Tcp, after_shutting_down_its_writing_an_end_still_reads) { run(half_closed()); }

Task<void> Tcp::slow_reader() {
    co_await connected();
    const std::string block(256 * 1024, 'x');
    std::size_t written = 0;
    while (ours->writable().is_open()) written += write(*ours, block).count;
    EXPECT_EQ(write(*ours, "x").kind, Transfer::Kind::again) << "its buffers are full";
    std::size_t got = 0;
    while (got < written) {
        const std::string some = read(*theirs);
        got += some.size();
        if (some.empty() && !co_await opens(theirs->readable())) break;
    }
    EXPECT_EQ(got, written);
    const bool room = co_await opens(ours->writable());
    EXPECT_TRUE(room);
    EXPECT_EQ(write(*ours, "more").count, 4u);
}
TEST_F(Tcp, a_writer_waits_for_a_slow_reader_and_goes_on_when_there_is_room) { run(slow_reader()); }

Task<void> Tcp::writing_to_nobody() {
    co_await connected();
    theirs.reset();
    Transfer wrote;
    for (int i = 0; i < 1000 && wrote.kind != Transfer::Kind::fault; ++i) {
        wrote = write(*ours, "hello?");
        co_await Yield{scheduler()};
    }
    EXPECT_EQ(wrote.kind, Transfer::Kind::fault) << "a signal would have ended the process";
    EXPECT_EQ(wrote.count, 0u);
}
TEST_F(Tcp, writing_to_a_peer_that_has_gone_is_a_fault_and_no_signal) { run(writing_to_nobody()); }

Task<void> Tcp::late_watch() {
    co_await connected();
    theirs.reset();
    co_await told(*ours);
    CountedClosings closings;
    ours->watch_peer(&closings);
    EXPECT_EQ(closings.times, 1);
}
TEST_F(Tcp, a_watch_that_comes_after_the_end_is_told_at_once) { run(late_watch()); }

Task<void> Tcp::refused() {
    SocketAddress nobody;
    {
        const auto brief = listen_on(loopback(), false);
        nobody = local_address(brief->number());
    }
    Result<std::unique_ptr<Stream>> made = co_await connect(loop, nobody, soon());
    EXPECT_FALSE(made);
    if (made) co_return;
    EXPECT_EQ(made.error().reason, Reason::connect_failed);
    EXPECT_EQ(made.error().os_error, ECONNREFUSED);
}
TEST_F(Tcp, connecting_to_a_port_where_nobody_listens_is_refused) { run(refused()); }

// A listener whose queue is full: the kernel drops what asks for more, so connecting neither succeeds nor
// fails.
Task<void> Tcp::hopeless() {
    const auto full = listen_on(loopback(), false);
    ::listen(full->number(), 0);
    const SocketAddress place = local_address(full->number());
    const Fd first{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    const Fd second{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    (void)::connect(first.number(), place.raw(), place.length);
    (void)::connect(second.number(), place.raw(), place.length);

    Cancel cancel;
    const Wait wait{after(clock.now(), 10ms), &cancel, Reason::attempt_timeout};
    Result<std::unique_ptr<Stream>> expired = co_await connect(loop, place, wait);
    EXPECT_FALSE(expired);
    if (!expired) {
        EXPECT_EQ(expired.error().reason, Reason::attempt_timeout);
    }
    cancel.cancel(Fault{Reason::caller_left, "gone"});
    Result<std::unique_ptr<Stream>> cancelled = co_await connect(loop, place, Wait{.cancel = &cancel});
    EXPECT_FALSE(cancelled);
    if (!cancelled) {
        EXPECT_EQ(cancelled.error().reason, Reason::caller_left);
    }
}
TEST_F(Tcp, connecting_ends_with_its_deadline_or_its_cancel) { run(hopeless()); }

Task<void> Tcp::nothing_to_accept() {
    EXPECT_TRUE(acceptor.acceptable().is_open()) << "somebody may have connected before the loop began";
    auto none = acceptor.try_accept();
    EXPECT_TRUE(none && !*none);
    EXPECT_FALSE(acceptor.acceptable().is_open());
    co_await connected();
    EXPECT_TRUE(theirs);
    none = acceptor.try_accept();
    EXPECT_TRUE(none && !*none);

    acceptor.acceptable().open();
    EXPECT_FALSE(acceptor.someone_waits());
    EXPECT_FALSE(acceptor.acceptable().is_open());
    Result<std::unique_ptr<Stream>> another = co_await connect(loop, acceptor.address(), soon());
    EXPECT_TRUE(another);
    const bool came = co_await opens(acceptor.acceptable());
    EXPECT_TRUE(came);
    EXPECT_TRUE(acceptor.someone_waits());
    EXPECT_TRUE(acceptor.acceptable().is_open());
}
TEST_F(Tcp, accepting_waits_for_a_caller) { run(nothing_to_accept()); }

// On loopback a handshake completes within connect(), so its state afterwards is its fate.
TEST_F(Tcp, an_acceptor_that_ignores_newcomers_keeps_those_who_have_come) {
    const auto calling = [this] {
        Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        const SocketAddress to = acceptor.address();
        [[maybe_unused]] const int begun = ::connect(fd.number(), to.raw(), to.length);
        return fd;
    };
    const auto state = [](const Fd& fd) {
        tcp_info info{};
        socklen_t size = sizeof info;
        ::getsockopt(fd.number(), IPPROTO_TCP, TCP_INFO, &info, &size);
        return info.tcpi_state;
    };
    const Fd early = calling();
    ASSERT_EQ(state(early), TCP_ESTABLISHED);
    acceptor.ignore_newcomers();
    const Fd late = calling();
    EXPECT_EQ(state(late), TCP_SYN_SENT);
    EXPECT_EQ(state(early), TCP_ESTABLISHED);
    auto accepted = acceptor.try_accept();
    ASSERT_TRUE(accepted);
    EXPECT_TRUE(accepted->has_value());
    accepted = acceptor.try_accept();
    ASSERT_TRUE(accepted);
    EXPECT_FALSE(accepted->has_value());
}

TEST_F(Tcp, a_descriptor_that_epoll_refuses_makes_no_stream) {
    EXPECT_EQ(SocketStream::adopt(loop, Fd{}), nullptr);
    EXPECT_THROW((Acceptor{loop, Fd{}}), std::system_error);
}

}   // namespace
}   // namespace outrigger::net
