// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/sim/world.hpp"

namespace outrigger::sim {
namespace {

constexpr std::string_view get_request = "GET /users/7 HTTP/1.1\r\nHost: shop\r\n\r\n";
constexpr std::string_view post_request = "POST /users HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\n0123456789";
constexpr std::string_view ok_reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST(Conduct, a_request_reaches_the_app_and_its_reply_the_caller) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write(get_request);
    world.loop.run();
    ASSERT_EQ(world.app_connections(), 1u);
    const std::string request = world.app(0).read();
    EXPECT_TRUE(request.starts_with("GET /users/7 HTTP/1.1\r\nHost: shop\r\n")) << request;
    world.app(0).write(ok_reply);
    world.loop.run();
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n")) << reply;
    EXPECT_TRUE(reply.ends_with("\r\n\r\nhello")) << reply;
    EXPECT_FALSE(caller.ended());
    EXPECT_EQ(world.logged(), 1u);
}

TEST(Conduct, both_connections_carry_the_next_exchange) {
    World world;
    Peer& caller = world.connect_caller();
    for (int i = 0; i < 3; ++i) {
        caller.write(get_request);
        world.loop.run();
        world.app(0).read();
        world.app(0).write(ok_reply);
        world.loop.run();
        EXPECT_TRUE(caller.read().ends_with("hello"));
    }
    EXPECT_EQ(world.app_connections(), 1u);
    EXPECT_EQ(world.logged(), 3u);
}

TEST(Conduct, the_whole_call_deadline_counts_from_the_request_s_last_byte) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write(post_request.substr(0, post_request.size() - 5));
    world.loop.run();
    for (int i = 0; i < 5; ++i) {   // a slow upload, longer than the timeout
        world.loop.advance(20s);
        caller.write(post_request.substr(post_request.size() - 5 + static_cast<std::size_t>(i), 1));
        world.loop.run();
    }
    world.app(0).read();
    world.loop.advance(30s - 1ms);
    EXPECT_EQ(caller.read(), "");
    world.loop.advance(1ms);
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 504 ")) << reply;
    EXPECT_TRUE(contains(reply, "\"reason\":\"timeout\"")) << reply;
    world.app(0).read();
    EXPECT_TRUE(world.app(0).ended() || world.app(0).broken());
}

TEST(Conduct, a_caller_that_falls_silent_in_its_body_gets_a_408) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write(post_request.substr(0, post_request.size() - 5));
    world.loop.advance(60s - 1ms);
    EXPECT_EQ(caller.read(), "");
    world.loop.advance(1ms);
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 408 ")) << reply;
    EXPECT_TRUE(contains(reply, "no further byte of its body within limits.idle")) << reply;
    EXPECT_TRUE(contains(reply, "Connection: close")) << reply;
}

TEST(Conduct, a_connect_that_takes_too_long_runs_into_the_same_deadline) {
    World world;
    world.connector->takes = 1h;
    Peer& caller = world.connect_caller();
    caller.write(get_request);
    world.loop.advance(30s);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 504 "));
}

TEST(Conduct, a_refused_connection_is_a_502_that_says_so) {
    World world;
    world.connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    Peer& caller = world.connect_caller();
    caller.write(get_request);
    world.loop.run();
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 502 ")) << reply;
    EXPECT_TRUE(contains(reply, "shop:80: connect: Connection refused")) << reply;
    EXPECT_FALSE(caller.ended()) << "a refusal is no reason to close the caller's connection";
}

// The reply, whole, in the order in which the app writes it.
constexpr std::string_view chunked_reply =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

class EveryByte : public testing::TestWithParam<std::string_view> {};

TEST_P(EveryByte, a_reset_of_the_app_never_looks_like_a_complete_reply) {
    const std::string_view reply = GetParam();
    for (std::size_t cut = 0; cut < reply.size(); ++cut) {
        World world;
        Peer& caller = world.connect_caller();
        caller.write(get_request);
        world.loop.run();
        world.app(0).read();
        world.app(0).write(reply.substr(0, cut));
        world.loop.run();
        world.app(0).reset();
        world.loop.run();
        const std::string got = caller.read();
        const std::size_t head = reply.find("\r\n\r\n") + 4;
        if (cut < head) {
            EXPECT_TRUE(got.starts_with("HTTP/1.1 502 ")) << cut << ": " << got;
        } else {
            EXPECT_TRUE(got.starts_with("HTTP/1.1 200 ")) << cut << ": " << got;
            EXPECT_TRUE(caller.broken()) << cut << ": the caller must see that the body is cut";
        }
        EXPECT_EQ(world.logged(), 1u) << cut;
    }
}

TEST_P(EveryByte, a_reply_split_at_any_byte_is_the_same_reply) {
    const std::string_view reply = GetParam();
    std::string whole;
    for (std::size_t cut = 0; cut < reply.size(); ++cut) {
        World world;
        Peer& caller = world.connect_caller();
        caller.write(get_request);
        world.loop.run();
        world.app(0).write(reply.substr(0, cut));
        world.loop.run();
        world.app(0).write(reply.substr(cut));
        world.loop.run();
        const std::string got = caller.read();
        ASSERT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << cut;
        EXPECT_FALSE(caller.broken()) << cut;
        // Chunks may be cut anew; what they carry may not.
        std::string body = got.substr(got.find("\r\n\r\n") + 4);
        if (contains(got, "chunked")) {
            std::string joined;
            for (std::size_t at = 0; at < body.size();) {
                const std::size_t size = std::stoul(body.substr(at), nullptr, 16);
                at = body.find("\r\n", at) + 2;
                joined += body.substr(at, size);
                at += size + 2;
                if (size == 0) break;
            }
            body = joined;
        }
        if (cut == 0) whole = body;
        EXPECT_EQ(body, whole) << cut;
        EXPECT_FALSE(whole.empty());
    }
}

TEST_P(EveryByte, a_caller_may_leave_at_any_byte_of_the_reply) {
    const std::string_view reply = GetParam();
    for (std::size_t cut = 0; cut < reply.size(); ++cut) {
        World world;
        Peer& caller = world.connect_caller();
        caller.write(get_request);
        world.loop.run();
        world.app(0).write(reply.substr(0, cut));
        world.loop.run();
        caller.reset();
        world.loop.run();
        world.app(0).read();
        EXPECT_TRUE(world.app(0).ended() || world.app(0).broken()) << cut << ": the app's connection is given up";
        EXPECT_EQ(world.serving(), 0u) << cut;
        EXPECT_EQ(world.logged(), 1u) << cut;
    }
}

INSTANTIATE_TEST_SUITE_P(Replies, EveryByte, testing::Values(ok_reply, chunked_reply),
                         [](const auto& tested) { return tested.index == 0 ? "fixed" : "chunked"; });

TEST(Conduct, a_caller_may_leave_at_any_byte_of_its_request) {
    for (std::size_t cut = 0; cut < post_request.size(); ++cut) {
        World world;
        Peer& caller = world.connect_caller();
        caller.write(post_request.substr(0, cut));
        world.loop.run();
        caller.close();
        world.loop.run();
        EXPECT_EQ(world.serving(), 0u) << cut;
        const bool became_an_exchange = cut >= post_request.find("\r\n\r\n") + 4;
        EXPECT_EQ(world.logged(), became_an_exchange ? 1u : 0u) << cut;
    }
}

TEST(Conduct, an_early_reply_goes_out_while_the_upload_goes_on) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write(post_request.substr(0, post_request.size() - 5));
    world.loop.run();
    world.app(0).read();
    world.app(0).write(ok_reply);
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("hello"));
    EXPECT_EQ(world.logged(), 0u) << "the exchange is not over: the app may still want the rest";
    caller.write(post_request.substr(post_request.size() - 5));
    world.loop.run();
    EXPECT_TRUE(contains(world.app(0).read(), "56789"));
    EXPECT_EQ(world.logged(), 1u);
    caller.write(get_request);   // and both connections are still good
    world.loop.run();
    EXPECT_EQ(world.app_connections(), 1u);
    EXPECT_TRUE(contains(world.app(0).read(), "GET /users/7"));
}

TEST(Conduct, a_body_that_never_comes_does_not_cut_the_reply_that_did_not_wait_for_it) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    world.loop.run();
    world.app(0).write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    for (const char c : std::string_view{"slow"}) {   // four minutes; limits.idle is one
        world.loop.advance(50s);
        world.app(0).write(std::string_view{&c, 1});
        world.loop.run();
    }
    EXPECT_TRUE(caller.read().ends_with("\r\n\r\nslow"));
    EXPECT_FALSE(caller.broken());
    EXPECT_EQ(world.logged(), 1u);
}

TEST(Conduct, a_body_beyond_the_limit_never_looks_whole_to_the_app) {
    World world;
    world.settings.limits.body_bytes = Bytes{10};
    Peer& caller = world.connect_caller();
    caller.write(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n14\r\nxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n");
    world.loop.run();
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 413 "));
    EXPECT_FALSE(contains(world.app(0).read(), "0\r\n\r\n"));
    EXPECT_TRUE(world.app(0).ended() || world.app(0).broken());
}

TEST(Conduct, a_head_that_the_app_takes_in_pieces_arrives_whole) {
    World world{1024};
    Peer& caller = world.connect_caller();
    const std::string large(5000, 'c');
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nCookie: " + large + "\r\n\r\n";
    std::string_view rest = request;
    for (int i = 0; i < 10; ++i) {
        rest = caller.write(rest);
        world.loop.run();
    }
    ASSERT_TRUE(rest.empty());
    std::string got;
    for (int i = 0; i < 20; ++i) {
        got += world.app(0).read();
        world.loop.run();
    }
    EXPECT_TRUE(contains(got, large));
    EXPECT_TRUE(got.ends_with("\r\n\r\n"));
    world.app(0).write(ok_reply);
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("hello"));
}

TEST(Conduct, no_reply_follows_half_of_another) {
    World world{64};
    world.connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    Peer& caller = world.connect_caller();
    caller.write("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    world.loop.run();
    caller.write("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");   // while it reads nothing of the first answer
    world.loop.advance(60s);
    std::string got = caller.read();
    world.loop.run();
    got += caller.read();
    EXPECT_EQ(got.find("HTTP/1.1", 1), std::string::npos) << got;
    EXPECT_TRUE(caller.broken());
}

TEST(Conduct, an_app_that_replies_and_closes_ends_the_upload) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write(post_request.substr(0, post_request.size() - 5));
    world.loop.run();
    world.app(0).write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    world.app(0).close();
    world.loop.run();
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 413 "));
    world.loop.advance(2s);
    caller.read();
    EXPECT_TRUE(caller.ended());
    EXPECT_EQ(world.logged(), 1u);
}

TEST(Conduct, an_app_that_stops_reading_does_not_stop_its_reply) {
    World world{1024};
    Peer& caller = world.connect_caller();
    const std::string large(100'000, 'x');
    std::string request = "POST /big HTTP/1.1\r\nHost: shop\r\nContent-Length: 100000\r\n\r\n" + large;
    std::string_view rest = caller.write(request);
    world.loop.run();
    for (int i = 0; i < 10 && !rest.empty(); ++i) {
        rest = caller.write(rest);
        world.loop.run();
    }
    ASSERT_FALSE(rest.empty()) << "back-pressure must have reached the caller";
    world.app(0).write(ok_reply);
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("hello"));
}

TEST(Conduct, back_pressure_from_the_caller_reaches_the_app) {
    World world{1024};
    Peer& caller = world.connect_caller();
    caller.write(get_request);
    world.loop.run();
    world.app(0).read();
    world.app(0).write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    const std::string block(1000, 'y');
    std::size_t accepted = 0;
    for (int i = 0; i < 1000; ++i) {
        accepted += block.size() - world.app(0).write(block).size();
        world.loop.run();
    }
    EXPECT_LT(accepted, 80'000u) << "at most a turn's worth and the connections' own buffers";
    std::size_t got = caller.read().size();
    for (int i = 0; i < 5000 && accepted < 1'000'000; ++i) {
        const std::size_t room = std::min<std::size_t>(block.size(), 1'000'000 - accepted);
        accepted += room - world.app(0).write(std::string_view{block}.substr(0, room)).size();
        world.loop.run();
        got += caller.read().size();
        world.loop.run();
    }
    for (int i = 0; i < 200; ++i) {
        world.loop.run();
        got += caller.read().size();
    }
    EXPECT_EQ(accepted, 1'000'000u);
    EXPECT_GE(got, 1'000'000u);
    EXPECT_FALSE(caller.broken());
}

// The keep-alive race: the app closes just as the next request is on its way.
void exchange_once(World& world, Peer& caller) {
    caller.write(get_request);
    world.loop.run();
    world.app(0).read();
    world.app(0).write(ok_reply);
    world.loop.run();
    caller.read();
}

TEST(Stale, a_get_on_a_connection_that_the_app_closes_is_replayed_on_a_new_one) {
    World world;
    Peer& caller = world.connect_caller();
    exchange_once(world, caller);
    caller.write(get_request);
    world.loop.run();           // sent on the pooled connection
    world.app(0).read();
    world.app(0).close();       // and the app closes without a byte
    world.loop.run();
    ASSERT_EQ(world.app_connections(), 2u);
    EXPECT_TRUE(contains(world.app(1).read(), "GET /users/7"));
    world.app(1).write(ok_reply);
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("hello"));
    EXPECT_EQ(world.logged(), 2u);
}

TEST(Stale, it_is_replayed_once_only) {
    World world;
    Peer& caller = world.connect_caller();
    exchange_once(world, caller);
    caller.write(get_request);
    world.loop.run();
    world.app(0).close();
    world.loop.run();
    world.app(1).close();
    world.loop.run();
    EXPECT_EQ(world.app_connections(), 2u);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 502 "));
}

TEST(Stale, a_post_is_never_sent_twice) {
    World world;
    Peer& caller = world.connect_caller();
    exchange_once(world, caller);
    caller.write(post_request);
    world.loop.run();
    EXPECT_TRUE(contains(world.app(0).read(), "0123456789"));
    world.app(0).close();
    world.loop.run();
    EXPECT_EQ(world.app_connections(), 1u);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 502 "));
}

// The request crossed with the app's closing: nothing of it was acknowledged, so nobody can have read it.
TEST(Stale, a_post_that_the_app_cannot_have_seen_is_replayed) {
    World world;
    Peer& caller = world.connect_caller();
    exchange_once(world, caller);
    world.app(0).lose_incoming();
    caller.write(post_request);
    world.loop.run();
    world.app(0).close();
    world.loop.run();
    ASSERT_EQ(world.app_connections(), 2u);
    EXPECT_TRUE(world.app(1).read().ends_with("0123456789"));
    world.app(1).write(ok_reply);
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("hello"));
    EXPECT_EQ(world.logged(), 2u);
}

TEST(Stale, but_not_when_the_connection_was_reset) {
    World world;
    Peer& caller = world.connect_caller();
    exchange_once(world, caller);
    world.app(0).lose_incoming();
    caller.write(post_request);
    world.loop.run();
    world.app(0).reset();
    world.loop.run();
    EXPECT_EQ(world.app_connections(), 1u);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 502 "));
}

TEST(Stale, nor_when_more_has_gone_than_is_kept) {
    World world;
    Peer& caller = world.connect_caller();
    exchange_once(world, caller);
    world.app(0).lose_incoming();
    const std::string body(100'000, 'x');
    caller.write("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 100000\r\n\r\n");
    for (std::string_view left = body; !left.empty();) {
        left = caller.write(left);
        world.loop.run();
    }
    world.app(0).close();
    world.loop.run();
    EXPECT_EQ(world.app_connections(), 1u);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 502 "));
}

TEST(Stale, a_put_is_replayed_with_what_has_come_of_its_body) {
    World world;
    Peer& caller = world.connect_caller();
    exchange_once(world, caller);
    caller.write("PUT / HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\n01234");
    world.loop.run();
    EXPECT_TRUE(world.app(0).read().ends_with("01234"));
    world.app(0).close();
    world.loop.run();
    ASSERT_EQ(world.app_connections(), 2u);
    EXPECT_TRUE(world.app(1).read().ends_with("\r\n\r\n01234"));
    caller.write("56789");
    world.loop.run();
    EXPECT_EQ(world.app(1).read(), "56789");
    world.app(1).write(ok_reply);
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("hello"));
}

TEST(Stale, a_post_with_an_idempotency_key_is_safe_to_repeat) {
    World world;
    Peer& caller = world.connect_caller();
    exchange_once(world, caller);
    caller.write("POST / HTTP/1.1\r\nHost: shop\r\nIdempotency-Key: k1\r\nContent-Length: 2\r\n\r\nok");
    world.loop.run();
    (void)world.app(0).read();
    world.app(0).close();
    world.loop.run();
    ASSERT_EQ(world.app_connections(), 2u);
    EXPECT_TRUE(world.app(1).read().ends_with("ok"));
}

TEST(Stale, a_connection_closed_while_idle_is_not_used_at_all) {
    World world;
    Peer& caller = world.connect_caller();
    exchange_once(world, caller);
    world.app(0).close();
    world.loop.run();
    caller.write(post_request);
    world.loop.run();
    ASSERT_EQ(world.app_connections(), 2u);
    world.app(1).write(ok_reply);
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("hello"));
}

TEST(Connection, garbage_is_answered_and_the_connection_closed) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write("NONSENSE\r\n\r\n");
    world.loop.run();
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 400 ")) << reply;
    EXPECT_TRUE(contains(reply, "Connection: close")) << reply;
    world.loop.advance(2s);
    caller.read();
    EXPECT_TRUE(caller.ended());
    EXPECT_EQ(world.logged(), 1u);
}

TEST(Connection, a_head_must_be_whole_in_time) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write("GET / HT");
    world.loop.advance(10s);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 408 "));
}

TEST(Connection, an_idle_one_is_closed_in_silence) {
    World world;
    Peer& caller = world.connect_caller();
    world.loop.advance(60s - 1ms);
    caller.read();
    EXPECT_FALSE(caller.ended());
    world.loop.advance(1ms);
    EXPECT_EQ(caller.read(), "");
    EXPECT_TRUE(caller.ended());
    EXPECT_EQ(world.logged(), 0u);
}

TEST(Connection, pipelined_requests_are_answered_in_order) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    world.loop.run();
    EXPECT_TRUE(contains(world.app(0).read(), "GET /1 "));
    world.app(0).write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
    world.loop.run();
    EXPECT_TRUE(contains(world.app(0).read(), "GET /2 "));
    world.app(0).write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
    world.loop.run();
    const std::string both = caller.read();
    EXPECT_LT(both.find("one"), both.find("two"));
    EXPECT_TRUE(both.ends_with("two"));
}

TEST(Connection, an_old_caller_gets_a_body_that_ends_with_the_connection) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    world.loop.run();
    world.app(0).read();
    world.app(0).write(chunked_reply);
    world.loop.run();
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.ends_with("\r\n\r\nhello world")) << reply;
    EXPECT_TRUE(contains(reply, "Connection: close"));
    EXPECT_TRUE(caller.ended());
}

TEST(Connection, interim_replies_pass) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    world.loop.run();
    EXPECT_TRUE(contains(world.app(0).read(), "Expect: 100-continue"));
    world.app(0).write("HTTP/1.1 100 Continue\r\n\r\n");
    world.loop.run();
    EXPECT_EQ(caller.read(), "HTTP/1.1 100 Continue\r\n\r\n");
    caller.write("ok");
    world.loop.run();
    EXPECT_EQ(world.app(0).read(), "ok");
    world.app(0).write(ok_reply);
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("hello"));
}

TEST(Connection, an_app_that_continues_and_replies_at_once_still_gets_the_body) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write("POST /echo HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    world.loop.run();
    (void)world.app(0).read();
    world.app(0).write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    world.loop.run();
    EXPECT_TRUE(contains(caller.read(), "200 OK"));
    caller.write("hello");
    world.loop.run();
    EXPECT_EQ(world.app(0).read(), "hello");
    world.app(0).write("hello");
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("hello"));
}

TEST(Connection, a_final_reply_instead_of_100_continue_waits_for_no_body) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    world.loop.run();
    world.app(0).write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    world.loop.run();
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 403 "));
    EXPECT_EQ(world.logged(), 1u);
}

}  // namespace
}  // namespace outrigger::sim
