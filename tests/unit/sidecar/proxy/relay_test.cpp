// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/relay.hpp"

#include <cerrno>

#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::proxy {
namespace {

using Side = RelayEnd::Side;

// From the caller's request to the endpoint; the other direction is the same code.
class Relay : public ProxyBench {
protected:
    void start(std::string_view request_text, std::size_t endpoint_capacity = 1024 * 1024,
               Bytes bytes_max = {}) {
        receive(request_text);
        connector->capacity = endpoint_capacity;
        to.emplace(connect());
        to->stream().write_head(head, arena);
        tasks.spawn(relaying(bytes_max));
    }
    [[nodiscard]] Side side() const { return end.value_or(RelayEnd{}).side; }
    [[nodiscard]] net::Peer& endpoint() { return endpoints.back(); }
    // What of the body has come out at the other end, the head taken off.
    std::string body() {
        received += endpoint().read();
        const std::size_t head_end = received.find("\r\n\r\n");
        return head_end == std::string::npos ? "" : received.substr(head_end + 4);
    }
    static std::string post(std::size_t length, std::string_view begun = "") {
        return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
               std::string{begun};
    }

    std::optional<upstream::Lease> to;
    Cancel cancel;
    Relayed relayed;
    const std::uint64_t& moved = relayed.bytes;
    std::optional<RelayEnd> end;
    std::string received;

private:
    Task<void> relaying(Bytes bytes_max) {
        end = co_await relay_body(*downstream, to->stream(), worker, {60s, bytes_max}, cancel, relayed);
    }
};

constexpr std::string_view chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(Relay, a_body_that_is_there_goes_on_at_once) {
    start(post(5, "hello"));
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::complete);
    EXPECT_EQ(body(), "hello");
    EXPECT_EQ(moved, 5u);
}

TEST_F(Relay, a_body_that_comes_in_pieces_goes_on_in_pieces) {
    start(post(5));
    EXPECT_FALSE(end.has_value());
    for (const char* piece : {"he", "l", "lo"}) {
        caller.write(piece);
        loop.run();
    }
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(body(), "hello");
}

TEST_F(Relay, chunks_are_framed_anew_and_ended) {
    start(std::string{chunked} + "2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::complete);
    EXPECT_EQ(body(), "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    EXPECT_EQ(moved, 5u) << "framing does not count";
}

TEST_F(Relay, trailers_go_on_but_not_those_that_frame_route_or_vouch) {
    start(std::string{chunked} + "2\r\nhe\r\n0\r\nX-Sum: 7\r\nContent-Length: 9\r\nX-Forwarded-For: 1.2.3.4\r\n"
                                 "hOST: b\r\nLast:\r\n\r\n");
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(body(), "2\r\nhe\r\n0\r\nX-Sum: 7\r\nLast:\r\n\r\n");
}

TEST_F(Relay, moves_at_most_a_scratch_buffer_a_turn_so_that_others_get_theirs) {
    const std::size_t length = 5 * net::Scratch::bytes;
    start(post(length));
    caller.write(std::string(length, 'x'));
    loop.scheduler().turn();
    EXPECT_EQ(moved, net::Scratch::bytes);
    loop.scheduler().turn();
    EXPECT_EQ(moved, 2 * net::Scratch::bytes);
    loop.run();
    EXPECT_EQ(moved, length);
    EXPECT_EQ(side(), Side::complete);
}

TEST_F(Relay, a_slow_sink_holds_the_source_back_and_memory_stays_bounded) {
    constexpr std::size_t length = 500'000;
    start(post(length), 1000);
    caller.write(std::string(length, 'x'));
    loop.run();
    EXPECT_LE(moved, net::Scratch::bytes) << "nothing more is read while the sink is congested";
    for (int i = 0; i < 2000 && !end; ++i) {
        (void)body();
        loop.run();
    }
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::complete);
    EXPECT_EQ(body().size(), length);
}

TEST_F(Relay, is_complete_only_when_the_sink_has_taken_the_last_byte) {
    start(post(2000, std::string(2000, 'x')), 100);
    loop.run();
    EXPECT_FALSE(end.has_value());
    while (!end) {
        (void)body();
        loop.run();
    }
    EXPECT_EQ(side(), Side::complete);
    EXPECT_EQ(body().size(), 2000u);
}

TEST_F(Relay, a_source_that_breaks_off_is_told_from_a_sink_and_what_came_before_went_on) {
    start(post(5, "hel"));
    caller.close();
    loop.run();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::source);
    EXPECT_EQ(end->fault.reason, Reason::caller_left);
    EXPECT_EQ(body(), "hel");
}

TEST_F(Relay, a_broken_chunk_ends_it_without_an_end_of_the_body) {
    start(std::string{chunked} + "2\r\nhe\r\nx\r\n");
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::source);
    EXPECT_EQ(end->fault.reason, Reason::bad_request);
    EXPECT_EQ(body(), "2\r\nhe\r\n");
}

TEST_F(Relay, a_sink_that_goes_ends_it_at_the_next_byte) {
    start(post(5, "hel"));
    endpoint().close();
    loop.run();
    EXPECT_FALSE(end.has_value()) << "that is for whoever waits for its reply to notice";
    caller.write("lo");
    loop.run();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::sink);
}

TEST_F(Relay, a_sink_that_goes_while_it_is_congested_ends_it_at_once) {
    start(post(5000, std::string(5000, 'x')), 100);
    loop.run();
    endpoint().reset();
    loop.run();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::sink);
}

TEST_F(Relay, a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not) {
    start(std::string{chunked} + "5\r\nhello\r\n", 1024, Bytes{5});
    EXPECT_FALSE(end.has_value());
    caller.write("1\r\n!\r\n");
    loop.run();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::source);
    EXPECT_EQ(end->fault.reason, Reason::body_too_large);
    EXPECT_FALSE(contains(body(), "0\r\n\r\n")) << "the endpoint must not take it for whole";
}

TEST_F(Relay, a_source_may_be_silent_for_so_long_and_every_byte_counts_anew) {
    start(post(3));
    for (int i = 0; i < 2; ++i) {
        loop.advance(60s - 1ns);
        caller.write("x");
        loop.run();
        ASSERT_FALSE(end.has_value());
    }
    loop.advance(60s - 1ns);
    EXPECT_FALSE(end.has_value());
    loop.advance(1ns);
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::source);
    EXPECT_EQ(end->fault.reason, Reason::timeout);
}

TEST_F(Relay, a_sink_may_take_nothing_for_so_long) {
    start(post(5000, std::string(5000, 'x')), 100);
    loop.advance(60s - 1ns);
    EXPECT_FALSE(end.has_value());
    loop.advance(1ns);
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(side(), Side::sink);
    EXPECT_EQ(end->fault.reason, Reason::timeout);
}

TEST_F(Relay, a_cancel_ends_it_while_it_waits_for_either_side) {
    start(post(5));
    cancel.cancel(Fault{Reason::draining, "cut"});
    EXPECT_FALSE(end.has_value()) << "never inline";
    loop.run();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->fault.reason, Reason::draining);
}

TEST_F(Relay, a_cancel_ends_it_even_while_both_sides_keep_pace) {
    const std::size_t length = 8 * net::Scratch::bytes;
    start(post(length));
    caller.write(std::string(length, 'x'));
    loop.scheduler().turn();
    ASSERT_FALSE(end.has_value());
    cancel.cancel(Fault{Reason::draining, "cut"});
    loop.run();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->fault.reason, Reason::draining);
    EXPECT_LT(moved, length);
}

TEST_F(Relay, what_follows_the_body_is_left_where_it_is) {
    start(post(5, "helloGET / HTTP/1.1\r\n"));
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(body(), "hello");
    EXPECT_EQ(inbox->kept(), "GET / HTTP/1.1\r\n");
}

}   // namespace
}   // namespace outrigger::proxy
