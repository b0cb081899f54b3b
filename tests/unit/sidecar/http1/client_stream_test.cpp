// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/client_stream.hpp"

#include "tests/unit/sidecar/http1/read_head.hpp"

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

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";

class Client : public testing::Test {
protected:
    Client() { connect(); }
    ~Client() override { loop.advance(2h); }
    void connect() {
        auto [ours, theirs] = net::MemoryStream::pair(loop.scheduler(), 1024 * 1024);
        endpoint = net::Peer{std::move(theirs)};
        stream.emplace(std::move(ours), pages, limits);
    }
    // A request without a body, sent.
    void send(std::string_view method = "GET") {
        request.method = method;
        request.path = "/x";
        request.host = "shop";
        request.body = {};
        stream->write_head(request, arena);
        stream->end_body({});
        EXPECT_TRUE(stream->push());
    }
    void read_head() {
        read.reset();
        tasks.spawn(reading());
        loop.run();
    }
    Task<void> reading() { read = co_await http1::read_head(*stream, head, arena, *scratch, wait); }
    // Sends a request, gets this reply, and reads it to its end.
    void exchange(std::string_view reply, std::string_view method = "GET") {
        send(method);
        (void)endpoint.read();
        endpoint.write(reply);
        read_head();
        BodyProgress progress;
        do {
            progress = stream->pump_body(*scratch, sink);
            (void)sink.push();
        } while (progress.kind == BodyProgress::Kind::moved);
        last = progress;
    }

    ManualLoop loop;
    HeadLimits limits;
    net::PagePool pages;
    net::Arena arena{pages};
    std::unique_ptr<net::Scratch> scratch = std::make_unique<net::Scratch>();
    net::Peer endpoint;
    std::optional<ClientStream> stream;
    RequestHead request;
    ResponseHead head;
    Wait wait;   // may be changed while it is waited with
    std::optional<Result<void>> read;
    BodyCollector sink;
    BodyProgress last;
    TaskGroup tasks;
};

TEST_F(Client, writes_a_request_with_its_own_host_and_framing) {
    request.method = "POST";
    request.path = "/x?y";
    request.host = "shop:80";
    request.body = {Framing::length, 5};
    (void)request.fields.add("X-Own", "1");
    stream->write_head(request, arena);
    stream->write_body("hello");
    stream->end_body({});
    EXPECT_TRUE(stream->push());
    EXPECT_EQ(endpoint.read(),
              "POST /x?y HTTP/1.1\r\nHost: shop:80\r\nContent-Length: 5\r\nX-Own: 1\r\n\r\nhello");
}

TEST_F(Client, a_body_of_unknown_length_goes_in_chunks) {
    request.method = "POST";
    request.path = "/x";
    request.host = "shop";
    request.body = {Framing::chunked};
    stream->write_head(request, arena);
    stream->write_body("hello");
    stream->end_body({});
    EXPECT_TRUE(stream->push());
    EXPECT_EQ(endpoint.read(),
              "POST /x HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
}

TEST_F(Client, a_request_line_of_any_length_is_written_whole) {
    const std::string path = "/" + std::string(15'000, 'p');
    request.method = "GET";
    request.path = path;
    request.host = "shop";
    stream->write_head(request, arena);
    EXPECT_TRUE(stream->push());
    EXPECT_EQ(endpoint.read(), "GET " + path + " HTTP/1.1\r\nHost: shop\r\n\r\n");
}

TEST_F(Client, reads_a_reply_and_may_be_used_again) {
    exchange(std::string{ok} + "hello");
    ASSERT_TRUE(read && *read);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(last.kind, BodyProgress::Kind::end);
    EXPECT_EQ(sink.body, "hello");
    EXPECT_TRUE(stream->reply_begun());
    EXPECT_TRUE(stream->reusable());
    sink = {};
    exchange(std::string{ok} + "again");
    EXPECT_EQ(sink.body, "again");
    EXPECT_TRUE(stream->reusable());
}

TEST_F(Client, a_reply_is_found_wherever_it_is_cut) {
    const std::string reply = std::string{ok} + "hello";
    for (std::size_t cut = 1; cut < reply.size(); ++cut) {
        connect();
        sink = {};
        send();
        endpoint.write(std::string_view{reply}.substr(0, cut));
        read_head();
        EXPECT_TRUE(stream->reply_begun()) << cut;
        endpoint.write(std::string_view{reply}.substr(cut));
        loop.run();
        ASSERT_TRUE(read && *read) << cut;
        while (stream->pump_body(*scratch, sink).kind == BodyProgress::Kind::moved) (void)sink.push();
        (void)sink.push();
        EXPECT_EQ(sink.body, "hello") << cut;
        EXPECT_TRUE(stream->reusable()) << cut;
    }
}

TEST_F(Client, a_close_without_a_byte_and_one_in_the_middle_are_told_apart) {
    send();
    read_head();
    EXPECT_FALSE(read.has_value());
    endpoint.close();
    loop.run();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::upstream_reset);
    EXPECT_FALSE(stream->reply_begun());

    connect();
    send();
    endpoint.write(ok.substr(0, 1));
    endpoint.close();
    read_head();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::upstream_reset);
    EXPECT_TRUE(stream->reply_begun()) << "a replay would not be safe";
    EXPECT_FALSE(stream->reusable());
}

TEST_F(Client, a_reset_carries_its_error) {
    send();
    endpoint.reset();
    read_head();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::upstream_reset);
    EXPECT_EQ(read->error().os_error, ECONNRESET);
}

TEST_F(Client, a_reply_that_is_no_http_is_the_endpoint_s_fault_even_before_it_is_whole) {
    for (const std::string_view nonsense :
         {std::string_view{"SSH-2.0-x\r\n"}, std::string_view{"HTTP/1.1 2x0 OK\r\n\r\n"}}) {
        connect();
        send();
        endpoint.write(nonsense);
        read_head();
        ASSERT_TRUE(read.has_value()) << nonsense;
        EXPECT_EQ(read->error().reason, Reason::upstream_protocol_error);
        EXPECT_FALSE(stream->reusable());
    }
}

TEST_F(Client, an_endless_reply_head_is_refused_at_the_limit) {
    limits.header_bytes = 8 * 1024;
    connect();
    send();
    std::string endless = "HTTP/1.1 200 OK\r\n";
    while (endless.size() < 500'000) endless += "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n";
    endpoint.write(endless);
    read_head();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::upstream_protocol_error);
}

TEST_F(Client, a_broken_body_is_the_endpoint_s_fault) {
    exchange("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    EXPECT_EQ(last.kind, BodyProgress::Kind::fault);
    EXPECT_EQ(last.fault.reason, Reason::upstream_protocol_error);
    EXPECT_FALSE(stream->reusable());
}

TEST_F(Client, a_body_that_is_cut_is_a_reset) {
    exchange(std::string{ok} + "hel");
    EXPECT_EQ(last.kind, BodyProgress::Kind::again);
    endpoint.close();
    last = stream->pump_body(*scratch, sink);
    EXPECT_EQ(last.kind, BodyProgress::Kind::fault);
    EXPECT_EQ(last.fault.reason, Reason::upstream_reset);
}

TEST_F(Client, interim_heads_come_one_by_one_before_the_final_one) {
    send();
    endpoint.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + std::string{ok} +
                   "hello");
    for (const int status : {100, 103, 200}) {
        read_head();
        ASSERT_TRUE(read && *read) << status;
        EXPECT_EQ(head.status, status);
    }
    EXPECT_TRUE(stream->reply_begun());
    while (stream->pump_body(*scratch, sink).kind == BodyProgress::Kind::moved) (void)sink.push();
    EXPECT_TRUE(stream->reusable());
}

TEST_F(Client, replies_without_a_body_leave_it_reusable) {
    for (const auto& [reply, method] : {std::pair{"HTTP/1.1 204 No Content\r\n\r\n", "GET"},
                                        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET"},
                                        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD"}}) {
        exchange(reply, method);
        ASSERT_TRUE(read && *read);
        EXPECT_EQ(last.kind, BodyProgress::Kind::end) << reply;
        EXPECT_TRUE(stream->reusable()) << reply;
    }
}

TEST_F(Client, is_not_used_again_after_any_of_these) {
    struct {
        const char* why;
        std::string reply;
    } const cases[]{
        {"it says close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
        {"it is old", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
        {"the body is not whole", std::string{ok} + "hel"},
        {"there is more than the reply", std::string{ok} + "helloHTTP/1.1 200 OK"},
    };
    for (const auto& [why, reply] : cases) {
        connect();
        exchange(reply);
        ASSERT_TRUE(read && *read) << why;
        EXPECT_FALSE(stream->reusable()) << why;
    }
}

TEST_F(Client, is_not_used_again_when_its_body_ends_with_the_connection) {
    exchange("HTTP/1.1 200 OK\r\n\r\nbye");
    endpoint.close();
    while (stream->pump_body(*scratch, sink).kind == BodyProgress::Kind::moved) (void)sink.push();
    EXPECT_EQ(sink.body, "bye");
    EXPECT_FALSE(stream->reusable());
}

TEST_F(Client, is_not_used_again_while_its_request_is_unfinished_nor_after_a_close_or_a_reset) {
    request.method = "POST";
    request.path = "/x";
    request.host = "shop";
    request.body = {Framing::length, 5};
    stream->write_head(request, arena);
    stream->write_body("hel");
    EXPECT_TRUE(stream->push());
    endpoint.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    read_head();
    ASSERT_TRUE(read && *read);
    EXPECT_FALSE(stream->reusable()) << "two bytes are missing";
    stream->write_body("lo");
    stream->end_body({});
    EXPECT_TRUE(stream->push());
    EXPECT_TRUE(stream->reusable());
    endpoint.shut_down_writing();
    EXPECT_TRUE(stream->peer_has_closed());
    EXPECT_FALSE(stream->reusable());

    connect();
    exchange(std::string{ok} + "hello");
    stream->reset();
    EXPECT_FALSE(stream->reusable());
}

TEST_F(Client, a_reset_is_seen_by_the_endpoint) {
    send();
    stream->reset();
    stream.reset();
    (void)endpoint.read();
    EXPECT_TRUE(endpoint.broken());
}

TEST_F(Client, waiting_for_a_reply_ends_with_its_deadline) {
    send();
    wait = {after(loop.clock().now(), 30s), nullptr, Reason::timeout};
    read_head();
    loop.advance(30s - 1ns);
    EXPECT_FALSE(read.has_value());
    loop.advance(1ns);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::timeout);
}

// The whole-call deadline becomes known only when the upload ends; it must hold for every wait from then on,
// also for those after the reply's first bytes.
TEST_F(Client, a_deadline_that_is_set_while_it_waits_outlasts_the_reply_s_first_bytes) {
    send();
    read_head();
    wait.deadline = after(loop.clock().now(), 30s);
    stream->readable().set_deadline(wait.deadline, Reason::timeout);
    endpoint.write("HTTP/1.1 2");
    loop.advance(30s - 1ns);
    EXPECT_FALSE(read.has_value());
    loop.advance(1ns);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->error().reason, Reason::timeout);
}

TEST_F(Client, how_long_the_endpoint_keeps_idle_connections_is_remembered_from_its_last_word_on_it) {
    EXPECT_EQ(stream->idle_promise(), std::nullopt);
    exchange("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=100\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(stream->idle_promise(), 5s);
    exchange("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(stream->idle_promise(), 5s);
    exchange("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=72\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(stream->idle_promise(), 72s);
}

}   // namespace
}   // namespace outrigger::http1
