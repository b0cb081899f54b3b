// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/server_stream.hpp"

#include <outrigger/core/manual_loop.hpp>
#include "tests/unit/sidecar/http1/body_collector.hpp"
#include "tests/unit/sidecar/peer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace outrigger::http1 {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

class Server : public testing::Test {
protected:
    Server() {
        auto [ours, theirs] = net::MemoryStream::pair(loop.scheduler(), 1024 * 1024);
        connection = std::move(ours);
        caller = net::Peer{std::move(theirs)};
        inbox.emplace(*connection, pages);
        begin();
    }
    ~Server() override { loop.advance(1h); }
    // The next exchange on the connection.
    void begin() { stream.emplace(*connection, *inbox, limits); }
    // Reads a head of this request, which must be there.
    void take(std::string_view request) {
        caller.write(request);
        read_head();
        ASSERT_TRUE(read.has_value());
        ASSERT_TRUE(*read) << read->error().detail;
    }
    void read_head(Wait wait = {}) {
        read.reset();
        tasks.spawn(reading(wait));
        loop.run();
    }
    Task<void> reading(Wait wait) { read = co_await stream->read_head(head, arena, *scratch, wait); }

    // A reply with this framing and body, whole.
    std::string reply(BodyPlan body, std::string_view payload, int status = 200) {
        ResponseHead reply_head;
        reply_head.status = status;
        reply_head.reason_phrase = "Fine";
        reply_head.body = body;
        (void)reply_head.fields.add("X-Own", "1");
        stream->write_head(reply_head, arena);
        stream->write_body(payload);
        stream->end_body({});
        EXPECT_TRUE(stream->push());
        return caller.read();
    }

    ManualLoop loop;
    HeadLimits limits;
    net::PagePool pages;
    net::Arena arena{pages};
    std::unique_ptr<net::Scratch> scratch = std::make_unique<net::Scratch>();
    std::unique_ptr<net::MemoryStream> connection;
    net::Peer caller;
    std::optional<Inbox> inbox;
    std::optional<ServerStream> stream;
    RequestHead head;
    std::optional<Result<void>> read;
    TaskGroup tasks;
};

// Behind the last answer of a connection nobody waits for a slow caller.
TEST_F(Server, an_answer_may_wait_for_the_turn_s_end_but_not_a_connection_s_last) {
    take(get);
    (void)reply(BodyPlan{Framing::length, 2}, "ok");
    EXPECT_EQ(connection->soon(), 1);
    begin();
    take("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    (void)reply(BodyPlan{Framing::length, 2}, "ok");
    EXPECT_EQ(connection->soon(), 1);
}

TEST_F(Server, reads_a_head_as_it_comes) {
    caller.write(get.substr(0, 9));
    read_head();
    EXPECT_FALSE(read.has_value());
    caller.write(get.substr(9));
    loop.run();
    ASSERT_TRUE(read.has_value());
    ASSERT_TRUE(*read);
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.path, "/x");
    EXPECT_FALSE(stream->request_unread());
}

TEST_F(Server, a_caller_that_closes_before_or_within_a_head_has_left) {
    for (const std::string_view begun : {std::string_view{}, get.substr(0, 9)}) {
        auto [ours, theirs] = net::MemoryStream::pair(loop.scheduler());
        stream.reset();
        inbox.reset();
        connection = std::move(ours);
        inbox.emplace(*connection, pages);
        begin();
        caller = net::Peer{std::move(theirs)};
        caller.write(begun);
        caller.close();
        read_head();
        ASSERT_TRUE(read.has_value());
        EXPECT_EQ(read->error().reason, Reason::caller_left);
    }
}

TEST_F(Server, a_reset_caller_has_left_too) {
    caller.reset();
    read_head();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::caller_left);
    EXPECT_EQ(read->error().os_error, ECONNRESET);
}

TEST_F(Server, a_head_that_is_not_whole_in_time_ends_with_the_wait_s_reason) {
    caller.write(get.substr(0, 9));
    read_head({after(loop.clock().now(), 10s), nullptr, Reason::request_timeout});
    for (int i = 0; i < 9; ++i) {   // dribbling on does not help
        loop.advance(1s);
        caller.write(get.substr(9 + static_cast<std::size_t>(i), 1));
        loop.run();
    }
    EXPECT_FALSE(read.has_value());
    loop.advance(1s);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::request_timeout);
}

TEST_F(Server, garbage_is_refused_before_its_head_is_whole) {
    caller.write("\x16\x03\x01\x02");
    read_head();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::bad_request);
}

TEST_F(Server, an_endless_head_is_refused_at_the_limit_however_fast_it_comes) {
    limits.header_bytes = 8 * 1024;
    std::string endless = "GET / HTTP/1.1\r\nHost: a\r\n";
    while (endless.size() < 800'000)
        endless += "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n";
    caller.write(endless);
    read_head();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::header_too_large);
    EXPECT_LE(inbox->held(), net::Scratch::bytes);
}

TEST_F(Server, a_reply_of_known_length_keeps_the_connection) {
    take(get);
    EXPECT_EQ(reply({Framing::length, 5}, "hello"),
              "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX-Own: 1\r\n\r\nhello");
    EXPECT_TRUE(stream->reply_begun());
    EXPECT_TRUE(stream->keeps_alive());
    begin();
    take("GET /y HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(head.path, "/y");
}

TEST_F(Server, a_reply_of_unknown_length_is_chunked_for_a_caller_that_knows_chunks) {
    take(get);
    EXPECT_EQ(reply({Framing::until_close}, "hello"),
              "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nX-Own: 1\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    EXPECT_TRUE(stream->keeps_alive());
}

TEST_F(Server, an_old_caller_gets_an_unknown_length_as_the_connection_s_end) {
    for (const Framing framing : {Framing::chunked, Framing::until_close}) {
        begin();
        take("GET /x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_EQ(reply({framing}, "hello"),
                  "HTTP/1.1 200 Fine\r\nConnection: close\r\nX-Own: 1\r\n\r\nhello");
        EXPECT_FALSE(stream->keeps_alive());
    }
}

TEST_F(Server, an_old_caller_keeps_its_connection_only_when_it_asks_and_is_told_so) {
    take("GET /x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(reply({Framing::length, 1}, "x"),
              "HTTP/1.1 200 Fine\r\nContent-Length: 1\r\nConnection: keep-alive\r\nX-Own: 1\r\n\r\nx");
    EXPECT_TRUE(stream->keeps_alive());
    begin();
    take("GET /x HTTP/1.0\r\nHost: a\r\n\r\n");
    EXPECT_EQ(reply({Framing::length, 1}, "x"),
              "HTTP/1.1 200 Fine\r\nContent-Length: 1\r\nConnection: close\r\nX-Own: 1\r\n\r\nx");
    EXPECT_FALSE(stream->keeps_alive());
}

TEST_F(Server, a_caller_that_says_close_gets_its_reply_and_the_end) {
    take("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(reply({Framing::length, 1}, "x"),
              "HTTP/1.1 200 Fine\r\nContent-Length: 1\r\nConnection: close\r\nX-Own: 1\r\n\r\nx");
    EXPECT_FALSE(stream->keeps_alive());
}

TEST_F(Server, close_after_reply_is_said_in_the_reply) {
    take(get);
    stream->close_after_reply();
    EXPECT_NE(reply({Framing::length, 1}, "x").find("Connection: close\r\n"), std::string::npos);
    EXPECT_FALSE(stream->keeps_alive());
}

TEST_F(Server, a_reply_without_a_body_writes_none) {
    take("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(reply({Framing::none}, "must not be seen"), "HTTP/1.1 200 Fine\r\nX-Own: 1\r\n\r\n");
    EXPECT_TRUE(stream->keeps_alive());
}

TEST_F(Server, the_connection_is_not_kept_while_reply_or_request_is_unfinished) {
    take("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    EXPECT_FALSE(stream->keeps_alive());
    (void)reply({Framing::length, 1}, "x");
    EXPECT_TRUE(stream->request_unread());
    EXPECT_FALSE(stream->keeps_alive()) << "two bytes of the body are still to come";
    caller.write("lo");
    BodyCollector sink;
    while (stream->pump_body(*scratch, sink).kind == BodyProgress::Kind::moved) (void)sink.push();
    (void)sink.push();
    EXPECT_EQ(sink.body, "hello");
    EXPECT_TRUE(stream->keeps_alive());
}

TEST_F(Server, before_a_head_was_read_the_request_counts_as_unread) {
    EXPECT_TRUE(stream->request_unread());
    EXPECT_FALSE(stream->keeps_alive());
}

TEST_F(Server, a_caller_that_breaks_off_its_body_has_left) {
    take("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    caller.close();
    BodyCollector sink;
    BodyProgress progress;
    do progress = stream->pump_body(*scratch, sink);
    while (progress.kind == BodyProgress::Kind::moved);
    EXPECT_EQ(progress.kind, BodyProgress::Kind::fault);
    EXPECT_EQ(progress.fault.reason, Reason::caller_left);
}

TEST_F(Server, a_caller_that_breaks_the_framing_sent_a_bad_request) {
    take("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    BodyCollector sink;
    const BodyProgress progress = stream->pump_body(*scratch, sink);
    EXPECT_EQ(progress.kind, BodyProgress::Kind::fault);
    EXPECT_EQ(progress.fault.reason, Reason::bad_request);
}

TEST_F(Server, interim_replies_come_before_the_reply_but_not_to_an_old_caller) {
    ResponseHead interim;
    interim.status = 103;
    interim.reason_phrase = "Early Hints";
    (void)interim.fields.add("Link", "</s.css>");
    take(get);
    stream->write_interim(interim, arena);
    EXPECT_TRUE(stream->push());
    EXPECT_EQ(caller.read(), "HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n");
    EXPECT_FALSE(stream->reply_begun());

    begin();
    take("GET /x HTTP/1.0\r\nHost: a\r\n\r\n");
    stream->write_interim(interim, arena);
    EXPECT_TRUE(stream->push());
    EXPECT_EQ(caller.read(), "");
}

TEST_F(Server, a_reset_breaks_the_connection_so_that_half_a_reply_is_not_taken_for_a_whole_one) {
    take(get);
    ResponseHead reply_head;
    reply_head.status = 200;
    reply_head.body = {Framing::until_close};
    stream->write_head(reply_head, arena);
    stream->write_body("half");
    EXPECT_TRUE(stream->push());
    stream->reset();
    EXPECT_TRUE(stream->was_reset());
    EXPECT_FALSE(stream->keeps_alive());
    stream.reset();
    inbox.reset();
    connection.reset();
    (void)caller.read();
    EXPECT_TRUE(caller.broken());
}

TEST_F(Server, a_head_larger_than_any_page_is_written_whole) {
    take(get);
    ResponseHead reply_head;
    reply_head.status = 200;
    reply_head.body = {Framing::length, 0};
    const std::string value(60'000, 'v');
    (void)reply_head.fields.add("X-Large", value);
    stream->write_head(reply_head, arena);
    stream->end_body({});
    EXPECT_TRUE(stream->push());
    EXPECT_EQ(caller.read(), "HTTP/1.1 200 \r\nContent-Length: 0\r\nX-Large: " + value + "\r\n\r\n");
}

struct Closings final : net::PeerWatch {
    void peer_closed() noexcept override { ++times; }
    int times = 0;
};

TEST_F(Server, its_caller_can_be_watched) {
    Closings closings;
    stream->watch_caller(&closings);
    caller.close();
    EXPECT_EQ(closings.times, 1);
}

}   // namespace
}   // namespace outrigger::http1
