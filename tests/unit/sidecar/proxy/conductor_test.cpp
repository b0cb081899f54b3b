// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/conductor.hpp"

#include <cerrno>

#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::proxy {
namespace {

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n";

class Conductor : public ProxyBench {
protected:
    void start(std::string_view request) {
        reply.reset();
        if (exchange) accept();
        begin(request);
        tasks.spawn(conducting());
        loop.run();
    }
    [[nodiscard]] Reason reason() const {
        return reply && reply->local ? reply->local->fault.reason : Reason{};
    }

    std::optional<resilience::ConcurrencyLimiter> slots;
    std::optional<Reply> reply;

private:
    Task<void> conducting() { reply.emplace(co_await conduct(*exchange, cluster)); }
};

TEST_F(Conductor, the_endpoint_s_reply_comes_with_the_connection_that_holds_its_body) {
    start(get);
    endpoints[0].write(ok);
    loop.run();
    ASSERT_TRUE(reply.has_value());
    EXPECT_FALSE(reply->local.has_value());
    EXPECT_EQ(exchange->reply_head().status, 200);
    for (const http1::Field& field : exchange->reply_head().fields.all())
        EXPECT_FALSE(exchange->reply_head().fields.is_shown(field)) << "prepared for the caller";
    EXPECT_EQ(reply->endpoint, "shop:80");
}

TEST_F(Conductor, a_request_that_cannot_go_on_reaches_nobody) {
    limits.body_bytes = Bytes{1};
    start("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(reason(), Reason::body_too_large);
    EXPECT_TRUE(endpoints.empty());
    EXPECT_EQ(reply->local->request_id, exchange->request_id());
}

TEST_F(Conductor, a_request_beyond_the_limit_reaches_nobody_and_is_told_which_limit_it_was) {
    limits.policies.slots = &slots.emplace(resilience::Bulkhead{.concurrent = 1, .queue = 0});
    const Result<resilience::Slot> other = slots->try_enter();
    start(get);
    EXPECT_EQ(reason(), Reason::concurrency_limited);
    EXPECT_EQ(reply->local->detail,
              "As many calls as the limit allows are running, and the queue is full or the wait was too long: "
              "inbound.limit (concurrent: 1, queue: 0, wait: 100ms): every slot is taken and the queue is full.");
    EXPECT_TRUE(endpoints.empty());
    EXPECT_TRUE(reply->endpoint.empty());
}

TEST_F(Conductor, a_reply_holds_its_slot) {
    limits.policies.slots = &slots.emplace(resilience::Bulkhead{.concurrent = 1});
    start(get);
    endpoints[0].write(ok);
    loop.run();
    EXPECT_EQ(slots->in_use(), 1U);
    reply.reset();
    EXPECT_EQ(slots->in_use(), 0U);
}

TEST_F(Conductor, a_refused_attempt_holds_no_slot) {
    limits.policies.slots = &slots.emplace(resilience::Bulkhead{.concurrent = 1});
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    start(get);
    EXPECT_EQ(reason(), Reason::connect_failed);
    EXPECT_EQ(slots->in_use(), 0U);
}

TEST_F(Conductor, a_caller_that_leaves_the_queue_leaves_it) {
    limits.policies.slots = &slots.emplace(resilience::Bulkhead{.concurrent = 1, .wait = 1h});
    const Result<resilience::Slot> other = slots->try_enter();
    start(get);
    EXPECT_EQ(slots->waiting(), 1U);
    caller.reset();
    loop.run();
    EXPECT_EQ(reason(), Reason::caller_left);
    EXPECT_EQ(slots->waiting(), 0U);
}

TEST_F(Conductor, an_endpoint_that_cannot_be_reached_is_named) {
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    start(get);
    EXPECT_EQ(reason(), Reason::connect_failed);
    EXPECT_EQ(reply->local->detail,
              "No connection to the destination could be made: shop:80: connect: Connection refused.");
    EXPECT_EQ(reply->endpoint, "shop:80");
}

TEST_F(Conductor, a_stale_connection_is_replaced_once_without_anybody_noticing) {
    start(get);
    endpoints[0].write(ok);
    loop.run();
    start(get);
    ASSERT_EQ(endpoints.size(), 1u);
    endpoints[0].close();
    loop.run();
    ASSERT_EQ(endpoints.size(), 2u);
    EXPECT_TRUE(contains(endpoints[1].read(), "GET /x"));
    endpoints[1].close();
    loop.run();
    EXPECT_EQ(reason(), Reason::upstream_reset);
    EXPECT_EQ(endpoints.size(), 2u);
}

TEST_F(Conductor, a_request_whose_caller_has_left_already_reaches_nobody) {
    start(get);
    endpoints[0].write(ok);
    loop.run();
    reply.reset();
    (void)endpoints[0].read();
    accept();
    ASSERT_EQ(caller.write(get), "");
    caller.close();
    start("");
    EXPECT_EQ(reason(), Reason::caller_left);
    EXPECT_EQ(endpoints[0].read(), "");
    EXPECT_TRUE(endpoints[0].connected());
}

TEST_F(Conductor, the_time_for_the_call_is_one_for_connecting_and_all_else) {
    connector->takes = 20s;
    start(get);
    loop.advance(20s);
    ASSERT_EQ(endpoints.size(), 1u);
    loop.advance(10s - 1ns);
    EXPECT_FALSE(reply.has_value());
    loop.advance(1ns);
    EXPECT_EQ(reason(), Reason::timeout);
}

TEST_F(Conductor, a_caller_who_leaves_while_it_connects_ends_it) {
    connector->takes = 20s;
    start(get);
    caller.close();
    loop.run();
    EXPECT_EQ(reason(), Reason::caller_left);
}

}   // namespace
}   // namespace outrigger::proxy
