// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/response_writer.hpp"

#include <cerrno>

#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::ingress {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";

class ResponseWriter : public proxy::ProxyBench {
protected:
    // Conducts this request and writes what comes of it.
    void start(std::string_view request) {
        reply.reset();
        written.reset();
        if (exchange) accept(caller_capacity);
        begin(request);
        tasks.spawn(answering());
        loop.run();
    }
    [[nodiscard]] net::Peer& endpoint() { return endpoints.back(); }
    void from_endpoint(std::string_view bytes) {
        endpoint().write(bytes);
        loop.run();
    }
    [[nodiscard]] std::optional<Reason> fault() const {
        return written && written->fault ? std::optional{written->fault->reason} : std::nullopt;
    }
    // The caller's connection is closed as its owner would: in order, unless it was reset.
    bool broken_for_the_caller() {
        reply.reset();
        exchange.reset();
        downstream.reset();
        inbox.reset();
        connection.reset();
        (void)caller.read();
        return caller.broken();
    }

    Lifecycle lifecycle;
    std::size_t caller_capacity = 64 * 1024;
    std::optional<proxy::Reply> reply;
    std::optional<metrics::StreamKind> stream;
    std::optional<Written> written;

private:
    Task<void> answering() {
        reply.emplace(co_await proxy::conduct(*exchange, cluster));
        stream = stream_kind(*exchange, *reply);
        const Duration idle = stream ? 1h : limits.idle;
        ReplyWriter writer{*exchange, *reply, lifecycle, idle};
        if (!writer.at_once()) co_await writer.rest();
        written = writer.written();
    }
};

TEST_F(ResponseWriter, relays_the_endpoint_s_reply) {
    start(get);
    from_endpoint("HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Own: 1\r\n\r\nhe");
    EXPECT_EQ(caller.read(), "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Own: 1\r\n\r\nhe")
        << "as it comes";
    EXPECT_FALSE(written.has_value());
    from_endpoint("llo");
    EXPECT_EQ(caller.read(), "llo");
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(written->status, 201);
    EXPECT_EQ(fault(), std::nullopt);
    EXPECT_EQ(exchange->reply_body.bytes, 5u);
    EXPECT_TRUE(downstream->keeps_alive());
    reply.reset();
    EXPECT_TRUE(endpoint().connected()) << "back in the pool";
}

TEST_F(ResponseWriter, a_reply_to_head_has_no_body_but_says_its_length) {
    start("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(caller.read(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    EXPECT_TRUE(written.has_value());
    EXPECT_TRUE(downstream->keeps_alive());
}

TEST_F(ResponseWriter, writes_our_own_reply_and_tells_why) {
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    start(get);
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(written->status, 502);
    EXPECT_EQ(fault(), Reason::connect_failed);
    EXPECT_EQ(written->detail, reply->local->detail);
    const std::string text = caller.read();
    EXPECT_TRUE(contains(text, "\"reason\":\"connect_failed\""));
    EXPECT_EQ(exchange->reply_body.bytes, text.size() - text.find("\r\n\r\n") - 4);
    EXPECT_TRUE(downstream->keeps_alive());
}

TEST_F(ResponseWriter, an_own_reply_before_the_request_was_whole_closes_the_connection) {
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    start(post);
    EXPECT_TRUE(contains(caller.read(), "\r\nConnection: close\r\n"));
    EXPECT_FALSE(downstream->keeps_alive());
}

TEST_F(ResponseWriter, a_caller_who_left_is_sent_nothing) {
    start(get);
    caller.shut_down_writing();
    loop.run();
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(written->status, 499);
    EXPECT_EQ(fault(), Reason::caller_left);
    EXPECT_EQ(caller.read(), "");
    EXPECT_TRUE(broken_for_the_caller());
}

TEST_F(ResponseWriter, while_draining_every_reply_closes_its_connection) {
    lifecycle.draining = true;
    start(get);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(contains(caller.read(), "\r\nConnection: close\r\n"));
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    reply.reset();
    endpoint().close();
    loop.run();
    start(get);
    EXPECT_TRUE(contains(caller.read(), "\r\nConnection: close\r\n"));
}

TEST_F(ResponseWriter, a_reply_that_breaks_off_breaks_the_caller_s_connection) {
    start(get);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    endpoint().close();
    loop.run();
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(written->status, 200);
    EXPECT_EQ(fault(), Reason::upstream_reset);
    EXPECT_TRUE(contains(written->detail, "shop:80"));
    EXPECT_TRUE(caller.read().ends_with("hel"));
    EXPECT_TRUE(broken_for_the_caller());
}

TEST_F(ResponseWriter, a_reply_whose_framing_breaks_is_the_endpoint_s_fault) {
    start(get);
    from_endpoint("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    EXPECT_EQ(fault(), Reason::upstream_protocol_error);
    EXPECT_TRUE(broken_for_the_caller());
}

TEST_F(ResponseWriter, a_caller_who_leaves_within_the_reply_costs_the_endpoint_s_connection) {
    start(get);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    caller.close();
    loop.run();
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(fault(), Reason::caller_left);
    reply.reset();
    (void)endpoint().read();
    EXPECT_TRUE(endpoint().broken());
}

TEST_F(ResponseWriter, a_reply_that_falls_silent_ends_after_the_idle_limit) {
    start(get);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    loop.advance(60s - 1ns);
    EXPECT_FALSE(written.has_value());
    loop.advance(1ns);
    EXPECT_EQ(fault(), Reason::timeout);
}

TEST_F(ResponseWriter, an_event_stream_may_be_silent_for_longer) {
    start(get);
    const Instant head_at = loop.clock().now();
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\ndata: 1\n\n");
    loop.advance(1h - 1ns);
    EXPECT_FALSE(written.has_value());
    loop.advance(1ns);
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(stream, metrics::StreamKind::event_stream);
    EXPECT_EQ(written->head_at, head_at);
}

TEST_F(ResponseWriter, a_caller_who_does_not_read_ends_it_after_the_idle_limit) {
    caller_capacity = 100;
    accept(caller_capacity);
    start(get);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
    loop.advance(60s - 1ns);
    EXPECT_FALSE(written.has_value());
    loop.advance(1ns);
    EXPECT_EQ(fault(), Reason::caller_left);
}

TEST_F(ResponseWriter, a_caller_who_does_not_read_our_own_reply_ends_it_too) {
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    caller_capacity = 100;
    accept(caller_capacity);
    start(get);
    EXPECT_FALSE(written.has_value());
    loop.advance(60s);
    EXPECT_EQ(fault(), Reason::caller_left);
}

TEST_F(ResponseWriter, an_early_reply_goes_out_while_the_upload_goes_on) {
    start(post);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_TRUE(caller.read().ends_with("ok"));
    EXPECT_FALSE(written.has_value()) << "the endpoint may still want the rest";
    (void)endpoint().read();
    caller.write("hello");
    loop.run();
    EXPECT_EQ(endpoint().read(), "hello");
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(fault(), std::nullopt);
    EXPECT_TRUE(downstream->keeps_alive());
    reply.reset();
    EXPECT_TRUE(endpoint().connected());
}

TEST_F(ResponseWriter, after_an_early_reply_an_endpoint_that_closes_ends_the_upload) {
    for (const bool closed_before_the_reply_was_out : {true, false}) {
        start(post);
        endpoint().write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
        if (!closed_before_the_reply_was_out) loop.run();
        endpoint().close();
        loop.run();
        ASSERT_TRUE(written.has_value());
        EXPECT_EQ(written->status, 413);
        EXPECT_EQ(fault(), std::nullopt);
        EXPECT_TRUE(caller.read().ends_with("no"));
        EXPECT_FALSE(downstream->keeps_alive());
        EXPECT_FALSE(exchange->upload().running());
    }
}

TEST_F(ResponseWriter, after_an_early_reply_what_a_caller_sent_before_it_went_is_still_passed_on) {
    start(post);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    (void)endpoint().read();
    caller.write("hello");
    caller.close();
    loop.run();
    EXPECT_EQ(endpoint().read(), "hello");
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(fault(), std::nullopt);
}

TEST_F(ResponseWriter, after_an_early_reply_a_caller_that_goes_ends_an_upload_that_nobody_takes) {
    connector->capacity = 500;
    start("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n" + std::string(5000, 'x'));
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_FALSE(written.has_value());
    caller.close();
    loop.run();
    EXPECT_TRUE(written.has_value());
}

TEST_F(ResponseWriter, after_an_early_reply_a_silent_upload_ends_with_the_idle_limit) {
    start(post);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    loop.advance(60s);
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(fault(), std::nullopt) << "the answer was whole";
    EXPECT_FALSE(downstream->keeps_alive());
    reply.reset();
    EXPECT_FALSE(endpoint().connected());
}

TEST_F(ResponseWriter, a_body_that_breaks_while_an_early_reply_goes_out_ends_both) {
    start("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    caller.write("zz\r\n");
    loop.run();
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(fault(), Reason::bad_request);
    EXPECT_TRUE(broken_for_the_caller());
}

TEST_F(ResponseWriter, a_final_reply_instead_of_continue_waits_for_no_body_and_says_that_it_closes) {
    start("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    from_endpoint("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(written->status, 403);
    const std::string text = caller.read();
    EXPECT_TRUE(contains(text, "\r\nConnection: close\r\n")) << text;
    EXPECT_TRUE(text.ends_with("no"));
    EXPECT_FALSE(downstream->keeps_alive());
}

TEST_F(ResponseWriter, a_cut_connection_ends_a_reply_in_progress_as_what_cut_it) {
    start(get);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    connection_cancel.cancel(Fault{Reason::draining, "cut"});
    loop.run();
    EXPECT_EQ(fault(), Reason::draining);
    EXPECT_TRUE(broken_for_the_caller());
}

}   // namespace
}   // namespace outrigger::ingress
