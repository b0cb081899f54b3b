// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/connection.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include <outrigger/core/manual_loop.hpp>

#include "tests/unit/sidecar/ingress/plain_service.hpp"
#include "tests/unit/sidecar/peer.hpp"

namespace outrigger::ingress {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view ok_and_close = "HTTP/1.1 200 \r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

class ConnectionTest : public testing::Test {
protected:
    struct Open {
        std::unique_ptr<Connection> connection;
        net::Peer caller;
        net::MemoryStream* stream = nullptr;   // its own end, while there is a connection
    };
    ~ConnectionTest() override {
        service.gate.open();
        for (auto& [number, open] : all) open.caller.close();
        loop.advance(24h);
    }
    // A new connection that is being served; destroyed as soon as it has ended.
    Open& open(std::size_t capacity = 64 * 1024) {
        auto [ours, theirs] = net::MemoryStream::pair(loop.scheduler(), capacity);
        Open& fresh = all[++opened];
        fresh.stream = ours.get();
        fresh.caller = net::Peer{std::move(theirs)};
        fresh.connection =
            std::make_unique<Connection>(worker, std::move(ours), address, service, limits, lifecycle, idle);
        tasks.spawn(fresh.connection->serve([&fresh] { fresh.connection.reset(); }));
        loop.run();
        return fresh;
    }
    std::string ask(Open& on, std::string_view request = get) {
        on.caller.write(request);
        loop.run();
        return on.caller.read();
    }
    // What the caller sees at the end: it was closed in order, or broken off.
    static bool closed(Open& on) { return (void)on.caller.read(), on.caller.ended(); }
    static bool broken(Open& on) { return (void)on.caller.read(), on.caller.broken(); }

    ManualLoop loop;
    net::Worker worker{loop.scheduler(), Rng{7}, {}, {}};
    PlainService service{loop.scheduler()};
    ConnectionLimits limits{.head = {}, .head_timeout = 10s, .idle = 60s};
    Lifecycle lifecycle;
    IdleConnections idle;
    net::IpPort address;
    std::map<int, Open> all;
    int opened = 0;
    TaskGroup tasks;

};

TEST_F(ConnectionTest, serves_one_request_after_the_other) {
    Open& on = open();
    EXPECT_EQ(ask(on), ok);
    EXPECT_EQ(ask(on, "GET /y HTTP/1.1\r\nHost: a\r\n\r\n"), ok);
    EXPECT_EQ(service.paths, (std::vector<std::string>{"/x", "/y"}));
    EXPECT_FALSE(closed(on));
}

TEST_F(ConnectionTest, serves_pipelined_requests_in_order_one_at_a_time) {
    Open& on = open();
    service.gate.close();
    EXPECT_EQ(ask(on, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HT"), "");
    EXPECT_EQ(service.paths, (std::vector<std::string>{"/1"}));
    service.gate.open();
    loop.run();
    EXPECT_EQ(service.paths, (std::vector<std::string>{"/1", "/2"}));
    EXPECT_EQ(ask(on, "TP/1.1\r\nHost: a\r\n\r\n"), std::string{ok} + std::string{ok} + std::string{ok});
}

TEST_F(ConnectionTest, a_thousand_pipelined_requests_need_no_deep_stack) {
    Open& on = open(1024 * 1024);
    std::string requests;
    for (int i = 0; i < 1000; ++i) requests += get;
    EXPECT_EQ(ask(on, requests).size(), 1000 * ok.size());
}

TEST_F(ConnectionTest, keeps_open_or_closes_as_version_and_caller_say) {
    struct {
        const char* request;
        bool stays;
    } const cases[]{
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
    };
    for (const auto& [request, stays] : cases) {
        Open& on = open();
        EXPECT_TRUE(ask(on, request).ends_with("ok")) << request;
        EXPECT_EQ(closed(on), !stays) << request;
        EXPECT_FALSE(broken(on)) << request;
    }
}

TEST_F(ConnectionTest, is_idle_between_requests_only) {
    Open& on = open();
    EXPECT_TRUE(on.connection->idle());
    EXPECT_EQ(idle.size(), 1u);
    service.gate.close();
    EXPECT_EQ(ask(on), "");
    EXPECT_FALSE(on.connection->idle());
    EXPECT_EQ(idle.size(), 0u);
    service.gate.open();
    loop.run();
    EXPECT_TRUE(on.connection->idle());
}

TEST_F(ConnectionTest, while_a_head_is_incomplete_it_is_not_idle) {
    Open& on = open();
    (void)ask(on, get.substr(0, 3));
    EXPECT_FALSE(on.connection->idle());
}

TEST_F(ConnectionTest, the_longest_idle_stands_first) {
    Open& one = open();
    Open& two = open();
    Open& three = open();
    (void)ask(one);
    std::vector<Connection*> order;
    idle.visit_until([&order](Connection& connection) {
        order.push_back(&connection);
        return false;
    });
    EXPECT_EQ(order, (std::vector<Connection*>{two.connection.get(), three.connection.get(), one.connection.get()}));
}

TEST_F(ConnectionTest, coming_to_rest_is_told_to_whoever_wants_to_know) {
    Gate told{loop.scheduler()};
    idle.one_more = &told;
    Open& on = open();
    EXPECT_TRUE(told.is_open());
    told.close();
    (void)ask(on);
    EXPECT_TRUE(told.is_open());
    idle.one_more = nullptr;
}

TEST_F(ConnectionTest, closes_in_silence_when_it_was_idle_for_too_long) {
    Open& on = open();
    loop.advance(59s);
    EXPECT_EQ(ask(on), ok);
    loop.advance(60s - 1ns);
    EXPECT_FALSE(closed(on));
    loop.advance(1ns);
    EXPECT_EQ(on.caller.read(), "");
    EXPECT_TRUE(closed(on));
    EXPECT_FALSE(broken(on));
}

TEST_F(ConnectionTest, a_head_must_be_whole_so_long_after_its_first_byte) {
    Open& on = open();
    loop.advance(30s);   // idle before it counts elsewhere
    (void)ask(on, "GET");
    for (int i = 0; i < 9; ++i) {
        loop.advance(1s);
        EXPECT_EQ(ask(on, i == 0 ? " " : "/"), "");
    }
    loop.advance(1s - 1ns);
    EXPECT_TRUE(service.refusals.empty());
    loop.advance(1ns);
    EXPECT_EQ(service.refusals, (std::vector<Reason>{Reason::request_timeout}));
    EXPECT_TRUE(on.caller.read().starts_with("HTTP/1.1 408 "));
}

TEST_F(ConnectionTest, what_is_no_http_is_refused_and_the_connection_closes) {
    Open& on = open();
    EXPECT_TRUE(ask(on, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_EQ(service.refusals, (std::vector<Reason>{Reason::bad_request}));
    EXPECT_TRUE(service.paths.empty());
    EXPECT_TRUE(closed(on)) << "it says at once that nothing more will come";
    loop.advance(1s);
    EXPECT_EQ(on.connection, nullptr);
}

TEST_F(ConnectionTest, a_request_too_large_for_its_head_is_refused_by_name) {
    limits.head.header_bytes = 1000;
    Open& on = open();
    EXPECT_TRUE(ask(on, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x') + "\r\n\r\n")
                    .starts_with("HTTP/1.1 431 "));
}

TEST_F(ConnectionTest, a_caller_that_goes_at_rest_or_within_a_head_gets_no_answer) {
    Open& at_rest = open();
    at_rest.caller.close();
    Open& within = open();
    (void)ask(within, "GET /");
    within.caller.close();
    Open& reset = open();
    (void)ask(reset, "GET /");
    reset.caller.reset();
    loop.run();
    for (Open* on : {&at_rest, &within, &reset}) EXPECT_EQ(on->connection, nullptr);
    EXPECT_TRUE(service.refusals.empty());
}

TEST_F(ConnectionTest, a_caller_may_shut_down_behind_its_request_and_still_gets_the_answer) {
    Open& on = open();
    on.caller.write(get);
    on.caller.shut_down_writing();
    loop.run();
    EXPECT_EQ(on.caller.read(), ok);
    EXPECT_TRUE(closed(on));
}

// A caller that is still sending must have time to read its answer before the kernel would reset the
// connection.
TEST_F(ConnectionTest, lingers_after_an_answer_to_a_body_that_was_not_read) {
    Open& on = open();
    EXPECT_TRUE(
        ask(on, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbegun").ends_with("ok"));
    EXPECT_TRUE(closed(on)) << "its own side is shut";
    ASSERT_NE(on.connection, nullptr) << "but it still listens";
    for (int i = 0; i < 3; ++i) {
        loop.advance(200ms);
        EXPECT_EQ(on.caller.write("more"), "") << "what comes is taken and dropped";
        loop.run();
    }
    loop.advance(400ms - 1ns);
    EXPECT_NE(on.connection, nullptr);
    loop.advance(1ns);
    EXPECT_EQ(on.connection, nullptr);
}

TEST_F(ConnectionTest, lingers_after_a_refused_tunnel_whose_first_bytes_may_be_on_their_way) {
    Open& on = open();
    EXPECT_TRUE(ask(on, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n").ends_with("ok"));
    EXPECT_TRUE(closed(on)) << "its own side is shut";
    ASSERT_NE(on.connection, nullptr) << "but it still listens";
    EXPECT_EQ(ask(on), "") << "and takes nothing for a request";
    loop.advance(1s);
    EXPECT_EQ(on.connection, nullptr);
}

TEST_F(ConnectionTest, lingers_no_longer_than_until_the_caller_closes) {
    Open& on = open();
    (void)ask(on, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegun");
    on.caller.close();
    loop.run();
    EXPECT_EQ(on.connection, nullptr);
}

TEST_F(ConnectionTest, lingers_for_a_bounded_number_of_bytes) {
    Open& on = open();
    (void)ask(on, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nbegun");
    const std::string block(60'000, 'x');
    std::size_t taken = 0;
    while (on.connection && taken < 10'000'000) {
        taken += block.size() - on.caller.write(block).size();
        loop.run();
    }
    EXPECT_EQ(on.connection, nullptr);
    EXPECT_LT(taken, 2'000'000u);
}

TEST_F(ConnectionTest, does_not_linger_when_all_was_read) {
    Open& on = open();
    EXPECT_EQ(ask(on, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), ok_and_close);
    EXPECT_EQ(on.connection, nullptr);
}

TEST_F(ConnectionTest, a_reset_by_the_service_breaks_the_connection_at_once) {
    service.resets = true;
    Open& on = open();
    (void)ask(on, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegun");
    EXPECT_EQ(on.connection, nullptr);
    EXPECT_TRUE(broken(on));
}

TEST_F(ConnectionTest, cut_at_rest_or_within_a_head_ends_in_silence) {
    Open& at_rest = open();
    Open& within = open();
    (void)ask(within, "GET /");
    for (Open* on : {&at_rest, &within}) {
        on->connection->cut(Fault{Reason::draining, "cut"});
        EXPECT_NE(on->connection, nullptr) << "never inline";
        loop.run();
        EXPECT_EQ(on->connection, nullptr);
        EXPECT_EQ(on->caller.read(), "");
    }
    EXPECT_TRUE(service.refusals.empty());
}

TEST_F(ConnectionTest, cut_while_it_answers_tells_the_service) {
    service.gate.close();
    Open& on = open();
    (void)ask(on);
    on.connection->cut(Fault{Reason::draining, "cut"});
    loop.run();
    ASSERT_TRUE(service.cut.has_value());
    EXPECT_EQ(service.cut->detail, "cut");
    EXPECT_TRUE(on.caller.read().ends_with("draining"));
    EXPECT_EQ(on.connection, nullptr);
}

TEST_F(ConnectionTest, cut_while_it_lingers_ends_at_once) {
    Open& on = open();
    (void)ask(on, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegun");
    on.connection->cut(Fault{Reason::draining, "cut"});
    loop.run();
    EXPECT_EQ(on.connection, nullptr);
}

TEST_F(ConnectionTest, one_that_gives_way_closes_in_silence) {
    Open& on = open();
    EXPECT_TRUE(on.connection->give_way());
    loop.run();
    EXPECT_EQ(on.connection, nullptr);
    EXPECT_EQ(on.caller.read(), "");
    EXPECT_TRUE(on.caller.ended());
}

TEST_F(ConnectionTest, one_that_is_busy_or_whose_next_request_has_just_come_does_not_give_way) {
    service.gate.close();
    Open& busy = open();
    (void)ask(busy);
    EXPECT_FALSE(busy.connection->give_way());
    Open& just_asked = open();
    just_asked.caller.write(get);   // its wait has ended, but it has not run yet
    EXPECT_FALSE(just_asked.connection->give_way());
    service.gate.open();
    loop.run();
    EXPECT_EQ(busy.caller.read(), ok);
    EXPECT_EQ(just_asked.caller.read(), ok);
}

TEST_F(ConnectionTest, at_rest_when_the_drain_begins_it_closes_two_seconds_later) {
    Open& on = open();
    loop.advance(30s);
    lifecycle.draining = true;
    on.connection->begin_drain();
    loop.advance(2s - 1ns);
    EXPECT_FALSE(closed(on));
    loop.advance(1ns);
    EXPECT_TRUE(closed(on));
}

// The answer was taken to leave at the end of the turn, and then there was no room.
TEST_F(ConnectionTest, at_rest_it_ends_only_once_its_last_answer_has_left) {
    static_assert(get.size() < ok.size());
    Open& on = open(get.size());
    on.stream->trust_peer();
    on.caller.write(get);
    loop.run();
    ASSERT_TRUE(on.stream->has_unsent());
    EXPECT_FALSE(on.connection->give_way());
    lifecycle.draining = true;
    on.connection->begin_drain();
    loop.advance(30s);
    ASSERT_TRUE(on.connection);
    EXPECT_FALSE(on.connection->idle());
    std::string answer = on.caller.read();
    loop.run();
    answer += on.caller.read();
    EXPECT_EQ(answer, ok);
    EXPECT_FALSE(on.connection);

    lifecycle.draining = false;
    Open& stuck = open(get.size());
    stuck.stream->trust_peer();
    stuck.caller.write(get);
    loop.run();
    loop.advance(limits.idle);
    EXPECT_TRUE(stuck.connection);
    loop.advance(limits.idle);
    EXPECT_FALSE(stuck.connection) << "who never reads is waited for as long once more";
}

TEST_F(ConnectionTest, a_request_that_still_comes_while_draining_is_served_and_the_last) {
    Open& on = open();
    lifecycle.draining = true;
    on.connection->begin_drain();
    loop.advance(1s);
    EXPECT_EQ(ask(on), ok_and_close);
    EXPECT_TRUE(closed(on));
}

TEST_F(ConnectionTest, a_shorter_idle_limit_holds_in_the_drain_too) {
    limits.idle = 500ms;
    Open& on = open();
    lifecycle.draining = true;
    on.connection->begin_drain();
    loop.advance(500ms);
    EXPECT_TRUE(closed(on));
}

TEST_F(ConnectionTest, busy_when_the_drain_begins_it_finishes_first) {
    service.gate.close();
    Open& on = open();
    (void)ask(on);
    lifecycle.draining = true;
    on.connection->begin_drain();
    loop.advance(20s);
    EXPECT_NE(on.connection, nullptr);
    service.gate.open();
    loop.run();
    EXPECT_EQ(on.caller.read(), ok) << "the service looked before the drain began";
    loop.advance(2s);
    EXPECT_EQ(on.connection, nullptr);
}

}   // namespace
}   // namespace outrigger::ingress
