// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/attempts.hpp"

#include <cerrno>
#include <vector>

#include <outrigger/resilience/stages.hpp>

#include "sidecar/proxy/conductor.hpp"
#include "sidecar/upstream/upstream.hpp"
#include "tests/unit/sidecar/proxy/proxy_bench.hpp"
#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

namespace outrigger::proxy {
namespace {

using resilience::Stop;
using resilience::Verdict;

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
constexpr std::string_view keyed = "POST /x HTTP/1.1\r\nHost: a\r\nIdempotency-Key: 7\r\nContent-Length: 4\r\n\r\nbody";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view unavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

struct Told final : resilience::Observer {
    void on(const resilience::Event& event) noexcept override { events.push_back(event); }
    template <class Event>
    [[nodiscard]] std::vector<Event> of() const {
        std::vector<Event> found;
        for (const resilience::Event& event : events)
            if (const auto* one = std::get_if<Event>(&event)) found.push_back(*one);
        return found;
    }
    std::vector<resilience::Event> events;
};

// Calls to the upstream "users", whose only endpoint, 10.0.0.1:80, is played by hand.
class AttemptsOf : public ProxyBench {
protected:
    AttemptsOf() { circuit.to = &told; }
    ~AttemptsOf() override {
        reply.reset();   // before the cluster that its lease belongs to
        lease.reset();
        if (exchange) exchange->stop_upload();
        loop.advance(24h);
    }
    using Settings = UpstreamPolicies::Settings;
    void protect(Settings with = {.name = "users", .setting = "outbound.users"},
                 const resilience::Retry& retry = {.backoff = resilience::Backoff::constant(10ms)},
                 std::optional<resilience::Breaker> breaker = {}) {
        upstream::Upstream::Settings settings;
        settings.breaker = breaker;
        users.emplace("users", settings, &circuit);
        protected_cluster.emplace(
            worker, *users,
            [this](const upstream::Endpoint&) {
                auto made = std::make_unique<upstream::MemoryConnector>(loop.scheduler(), endpoints);
                made->fault = connector->fault;
                dialled = made.get();
                return made;
            },
            head_limits, upstream::Cluster::Settings{.pool = {.idle_max = 4, .idle_for = 1h}});
        const auto list = upstream::some_endpoints(1);
        users->set_endpoints(list);
        protected_cluster->update(list);
        with.breaker = users->breaker();
        policies.emplace(std::move(with), &told);
        limits.policies = policies->for_calls("outbound.users", retry, false);
    }
    void start(std::string_view request) {
        reply.reset();
        if (exchange) accept();
        begin(request);
        tasks.spawn(conducting());
        loop.run();
    }
    void answer(std::size_t endpoint, std::string_view text) {
        ASSERT_LT(endpoint, endpoints.size());
        (void)endpoints[endpoint].read();
        endpoints[endpoint].write(text);
        loop.run();
    }
    [[nodiscard]] int status() const { return reply && !reply->local ? exchange_status() : 0; }
    [[nodiscard]] Reason reason() const { return reply && reply->local ? reply->local->fault.reason : Reason{}; }
    [[nodiscard]] std::string_view detail() const { return reply && reply->local ? reply->local->detail : ""; }

    Told told;
    resilience::detail::Relay circuit;   // what the circuit tells goes to `told`, too
    std::optional<upstream::Upstream> users;
    std::optional<upstream::Cluster> protected_cluster;
    upstream::MemoryConnector* dialled = nullptr;
    std::optional<UpstreamPolicies> policies;
    std::optional<Reply> reply;

private:
    [[nodiscard]] int exchange_status() const { return const_cast<Exchange&>(*exchange).reply_head().status; }
    Task<void> conducting() { reply.emplace(co_await conduct(*exchange, *protected_cluster)); }
};

TEST_F(AttemptsOf, a_503_to_a_get_is_tried_again_after_the_pause_on_the_same_connection) {
    protect();
    start(get);
    answer(0, unavailable);
    EXPECT_FALSE(reply.has_value());
    loop.advance(10ms - 1ns);
    EXPECT_EQ(endpoints[0].read(), "");
    loop.advance(1ns);
    ASSERT_EQ(endpoints.size(), 1u) << "the discarded reply was drained";
    EXPECT_TRUE(contains(endpoints[0].read(), "GET /x"));
    answer(0, ok);
    EXPECT_EQ(status(), 200);
    EXPECT_EQ(exchange->story.attempts, 2u);
    ASSERT_EQ(exchange->story.size(), 2u);
    EXPECT_EQ(exchange->story[0].status, 503);
    EXPECT_EQ(exchange->story[0].pause, 10ms);
    EXPECT_EQ(exchange->story[1].verdict, Verdict::success);
}

TEST_F(AttemptsOf, the_last_reply_of_an_exhausted_call_passes_unchanged) {
    protect();
    start(get);
    for (int i = 0; i < 3; ++i) {
        answer(0, unavailable);
        loop.advance(10ms);
    }
    EXPECT_EQ(status(), 503);
    EXPECT_EQ(exchange->story.attempts, 3u);
    EXPECT_EQ(exchange->story.stop, Stop::attempts_spent);
    ASSERT_EQ(told.of<resilience::RetryAbandoned>().size(), 1u);
    EXPECT_EQ(told.of<resilience::AttemptEnded>().size(), 3u);
    EXPECT_EQ(told.of<resilience::RetryScheduled>().size(), 2u);
}

TEST_F(AttemptsOf, a_post_that_was_sent_is_not_sent_again) {
    protect();
    start(post);
    (void)endpoints[0].read();
    endpoints[0].reset();
    loop.run();
    EXPECT_EQ(reason(), Reason::upstream_reset);
    EXPECT_EQ(exchange->story.stop, Stop::not_safe);
    EXPECT_EQ(endpoints.size(), 1u);
}

TEST_F(AttemptsOf, a_post_with_an_idempotency_key_is_sent_again_body_and_all) {
    protect();
    start(keyed);
    (void)endpoints[0].read();
    endpoints[0].reset();
    loop.advance(10ms);
    ASSERT_EQ(endpoints.size(), 2u);
    EXPECT_TRUE(endpoints[1].read().ends_with("\r\n\r\nbody"));
    endpoints[1].write(ok);
    loop.run();
    EXPECT_EQ(status(), 200);
}

TEST_F(AttemptsOf, a_post_whose_connection_could_not_be_made_is_tried_again) {
    protect();
    dialled->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    start(post);
    dialled->fault.reset();
    loop.advance(10ms);
    ASSERT_EQ(endpoints.size(), 1u);
    answer(0, ok);
    EXPECT_EQ(status(), 200);
    EXPECT_EQ(exchange->story[0].fault.reason, Reason::connect_failed);
}

TEST_F(AttemptsOf, a_body_too_large_to_be_kept_is_not_sent_again_and_that_is_told) {
    replay_budget.request = Bytes{2};
    protect();
    start(keyed);
    (void)endpoints[0].read();
    endpoints[0].reset();
    loop.run();
    EXPECT_EQ(reason(), Reason::upstream_reset);
    EXPECT_EQ(exchange->story.stop, Stop::not_kept);
    ASSERT_EQ(told.of<resilience::RetryAbandoned>().size(), 1u);
    EXPECT_EQ(told.of<resilience::RetryAbandoned>()[0].why, Stop::not_kept);
}

TEST_F(AttemptsOf, an_attempt_has_its_own_time_and_the_call_goes_on) {
    protect({.name = "users", .setting = "outbound.users"},
            {.attempts = 2, .per_try_timeout = 600ms, .backoff = resilience::Backoff::constant(10ms)});
    limits.timeout = 2s;
    start(get);
    loop.advance(600ms);
    loop.advance(10ms);
    ASSERT_EQ(endpoints.size(), 2u) << "the first connection may still answer: it is not used again";
    EXPECT_FALSE(endpoints[0].connected());
    loop.advance(600ms);
    EXPECT_EQ(reason(), Reason::attempt_timeout);
    EXPECT_TRUE(contains(detail(), "no reply within outbound.users.retry.per_try_timeout (600ms)")) << detail();
}

TEST_F(AttemptsOf, the_call_s_time_ends_an_attempt_and_is_not_tried_again) {
    protect();
    limits.timeout = 2s;
    start(get);
    loop.advance(2s);
    EXPECT_EQ(reason(), Reason::timeout);
    EXPECT_TRUE(contains(detail(), "no reply within outbound.users.timeout (2s)")) << detail();
    EXPECT_EQ(exchange->story.attempts, 1u);
    ASSERT_EQ(told.of<resilience::AttemptEnded>().size(), 1u);
    EXPECT_EQ(told.of<resilience::AttemptEnded>()[0].verdict, Verdict::failure);
}

TEST_F(AttemptsOf, a_429_is_tried_again_only_when_it_says_when) {
    protect();
    start(get);
    answer(0, "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(status(), 429);
    EXPECT_EQ(exchange->story.stop, Stop::no_wish);
    start(get);
    answer(0, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n");
    EXPECT_FALSE(reply.has_value());
    loop.advance(3010ms);
    answer(endpoints.size() - 1, ok);
    EXPECT_EQ(status(), 200);
}

TEST_F(AttemptsOf, an_open_circuit_refuses_with_its_reason_and_setting) {
    protect({.name = "users", .setting = "outbound.users"}, {.attempts = 1}, resilience::Breaker{.consecutive = 1});
    start(get);
    answer(0, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(status(), 500);
    start(get);
    EXPECT_EQ(reason(), Reason::circuit_open);
    EXPECT_TRUE(detail().starts_with(
        "The circuit breaker outbound.users.breaker is open: too many failures in a row, probing in "))
        << detail();
    EXPECT_GT(reply->local->fault.retry_after.count(), 0);
    EXPECT_EQ(told.of<resilience::CircuitOpened>().size(), 1u);
    ASSERT_EQ(told.of<resilience::CallRefused>().size(), 1u);
    EXPECT_EQ(exchange->story.attempts, 0u);
}

TEST_F(AttemptsOf, a_circuit_that_opens_during_the_pause_stops_the_call_and_gives_the_token_back) {
    protect({.name = "users", .setting = "outbound.users", .budget = resilience::Budget{}},
            {.backoff = resilience::Backoff::constant(10ms)}, resilience::Breaker{.consecutive = 1});
    const auto tokens = policies->budget()->available(loop.clock().now());
    start(get);
    answer(0, unavailable);
    loop.advance(10ms);
    EXPECT_EQ(reason(), Reason::circuit_open);
    EXPECT_EQ(policies->budget()->available(loop.clock().now()), tokens);
}

TEST_F(AttemptsOf, a_call_beyond_the_rate_is_told_its_limit_and_asks_no_slot) {
    protect({.name = "users",
             .setting = "outbound.users",
             .rate = resilience::RateLimit{.rate = Rate::per_second(1.0), .burst = 1},
             .slots = resilience::Bulkhead{.concurrent = 1, .queue = 0}});
    start(get);
    answer(0, ok);
    start(get);
    EXPECT_EQ(reason(), Reason::rate_limited);
    EXPECT_TRUE(contains(detail(), "outbound.users.limit (rate: 1/s)")) << detail();
}

TEST_F(AttemptsOf, a_caller_who_leaves_during_the_pause_ends_it) {
    protect();
    start(get);
    answer(0, unavailable);
    caller.close();
    loop.run();
    EXPECT_EQ(reason(), Reason::caller_left);
    loop.advance(1s);
    EXPECT_EQ(endpoints.size(), 1u);
}

TEST_F(AttemptsOf, a_discarded_reply_that_does_not_end_costs_its_connection) {
    protect();
    start(get);
    answer(0, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 400\r\n\r\nonly a part");
    loop.advance(10ms);
    loop.run();
    ASSERT_EQ(endpoints.size(), 2u);
    EXPECT_FALSE(endpoints[0].connected());
    answer(1, ok);
    EXPECT_EQ(status(), 200);
}

TEST_F(AttemptsOf, an_early_503_ends_the_upload_and_the_body_goes_again) {
    protect();
    start("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
    answer(0, unavailable);
    loop.advance(10ms);
    ASSERT_EQ(endpoints.size(), 2u);
    EXPECT_TRUE(endpoints[1].read().ends_with("\r\n\r\nhalf"));
    caller.write("rest");
    loop.run();
    EXPECT_EQ(endpoints[1].read(), "rest");
    endpoints[1].write(ok);
    loop.run();
    EXPECT_EQ(status(), 200);
}

TEST_F(AttemptsOf, a_stale_connection_s_replay_is_no_attempt_and_costs_no_budget) {
    protect();
    start(get);
    answer(0, "HTTP/1.1 204 No Content\r\n\r\n");   // nothing of it is left on the connection
    start(get);
    endpoints[0].close();
    loop.run();
    ASSERT_EQ(endpoints.size(), 2u);
    answer(1, ok);
    EXPECT_EQ(status(), 200);
    EXPECT_EQ(exchange->story.attempts, 1u);
    ASSERT_EQ(exchange->story.size(), 2u);
    EXPECT_TRUE(exchange->story[0].stale);
    EXPECT_EQ(told.of<resilience::RetryScheduled>().size(), 0u);
}

TEST_F(AttemptsOf, a_spent_budget_stops_the_call_with_the_reply_it_has) {
    protect({.name = "users", .setting = "outbound.users", .budget = resilience::Budget{.ratio = 0.0, .floor = Rate{}}});
    start(get);
    answer(0, unavailable);
    EXPECT_EQ(status(), 503);
    EXPECT_EQ(exchange->story.stop, Stop::budget_spent);
}

TEST_F(AttemptsOf, in_shadow_mode_no_retry_is_made) {
    protect({.name = "users", .setting = "outbound.users"}, {.shadow = true});
    start(get);
    answer(0, unavailable);
    EXPECT_EQ(status(), 503);
    EXPECT_EQ(exchange->story.stop, Stop::shadow);
}

TEST_F(AttemptsOf, a_pause_while_the_body_still_arrives_is_no_longer_than_the_call_s_time) {
    protect();
    limits.timeout = 2s;
    start("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
    answer(0, "HTTP/1.1 503 Busy\r\nRetry-After: 500\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(status(), 503) << "the reply it has, for the next attempt would come too late";
    EXPECT_EQ(exchange->story.stop, Stop::callee_asks_longer);
}

TEST_F(AttemptsOf, a_caller_who_leaves_in_the_pause_ends_it_though_its_body_was_not_whole) {
    protect({.name = "users", .setting = "outbound.users"}, {.backoff = resilience::Backoff::constant(1s)});
    start("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
    answer(0, unavailable);
    caller.close();
    loop.run();
    EXPECT_EQ(reason(), Reason::caller_left);
}

TEST_F(AttemptsOf, waiting_for_a_slot_takes_nothing_of_an_attempt_s_time) {
    protect({.name = "users",
             .setting = "outbound.users",
             .slots = resilience::Bulkhead{.concurrent = 1, .queue = 5, .wait = 5s}},
            {.attempts = 1, .per_try_timeout = 600ms});
    std::optional<resilience::Slot> other = policies->slots()->enter_if_free();
    start("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
    loop.advance(2s);
    EXPECT_FALSE(reply.has_value());
    other.reset();
    loop.run();
    answer(0, ok);
    EXPECT_EQ(status(), 200);
}

TEST_F(AttemptsOf, an_endpoint_that_takes_no_more_of_a_repeated_body_gives_the_call_no_more_time) {
    replay_budget = {1_MiB, 1_MiB};
    protect({.name = "users", .setting = "outbound.users"},
            {.attempts = 9, .per_try_timeout = 600ms, .backoff = resilience::Backoff::constant(10ms)});
    limits.timeout = 1500ms;
    const std::string body(200'000, 'x');   // more than a connection in memory takes
    start("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + body);
    for (int i = 0; i < 8; ++i) (void)endpoints[0].read(), loop.run();   // the first one takes it all, and says nothing
    loop.advance(1500ms);
    loop.advance(200ms);
    EXPECT_EQ(reason(), Reason::timeout);
}

TEST_F(AttemptsOf, a_retry_that_never_began_is_not_told_as_one) {
    protect({.name = "users", .setting = "outbound.users"}, {.backoff = resilience::Backoff::constant(10ms)},
            resilience::Breaker{.consecutive = 1});
    start(get);
    answer(0, unavailable);
    loop.advance(10ms);
    EXPECT_EQ(reason(), Reason::circuit_open);
    EXPECT_TRUE(told.of<resilience::RetryScheduled>().empty());
}

}   // namespace
}   // namespace outrigger::proxy
