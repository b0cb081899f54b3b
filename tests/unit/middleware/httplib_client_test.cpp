// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/httplib_client.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <outrigger/logging/context.hpp>
#include <outrigger/resilience/configured_pipeline.hpp>
#include <outrigger/resilience/fallback.hpp>

#include "client_case.hpp"
#include "tests/unit/core/refusing_port.hpp"

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using namespace resilience;
using End = Answer::End;

httplib::Request request_of(const std::string& method, const std::string& path = "/users/7?q=1") {
    httplib::Request request;
    request.method = method;
    request.path = path;
    if (method == "POST" || method == "PUT") request.body = "body";
    return request;
}

class HttplibClient : public ClientCase {
protected:
    [[nodiscard]] Result<httplib::Response> make(const ScriptedOrigin& origin, const httplib::Request& request,
                                                 ClientCallOptions options = {}) {
        httplib::Client client{"127.0.0.1", origin.port()};
        options.telemetry = &telemetry;
        return call(users, client, request, options);
    }
    [[nodiscard]] Result<httplib::Response> get(const ScriptedOrigin& origin) {
        return make(origin, request_of("GET"));
    }
};

TEST_F(HttplibClient, a_reply_comes_through_with_its_metrics_and_its_line) {
    const ScriptedOrigin origin{{reply("200 OK", "seven")}};
    const auto reply = make(origin, request_of("GET"), {.route = "/users/{id}"});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "seven");
    EXPECT_EQ(attempts("success"), 1);
    EXPECT_EQ(value(R"(http_client_request_duration_seconds_count{upstream="users",http_request_method="GET",)"
                    R"(http_route="/users/{id}",http_response_status_code="200"})"),
              1);
    EXPECT_EQ(count_of(R"("dataset":"outrigger.calls")", kept->take()), 1U);
}

TEST_F(HttplibClient, ids_are_sent_those_of_the_context_if_there_is_one) {
    const ScriptedOrigin origin{{reply("200 OK")}};
    {
        const logging::TraceContext context{{.trace = "4bf92f3577b34da6a3ce929d0e0e4736", .request = "r-1"}};
        ASSERT_TRUE(get(origin));
    }
    httplib::Request own = request_of("GET");
    own.set_header("X-Request-Id", "mine");
    ASSERT_TRUE(make(origin, own));
    ASSERT_TRUE(make(origin, request_of("GET"), {.propagate = false}));
    const auto requests = origin.requests();
    EXPECT_NE(requests[0].find("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"), std::string::npos) << requests[0];
    EXPECT_NE(requests[0].find("X-Request-Id: r-1\r\n"), std::string::npos) << requests[0];
    EXPECT_NE(requests[1].find("X-Request-Id: mine\r\n"), std::string::npos) << requests[1];
    EXPECT_EQ(count_of("X-Request-Id", requests[1]), 1U);
    EXPECT_EQ(requests[2].find("traceparent"), std::string::npos) << requests[2];
}

TEST_F(HttplibClient, statuses_that_pass_are_tried_again_and_the_last_reply_passes_through) {
    const ScriptedOrigin origin{
        [](std::size_t n) { return Answer{n % 3 == 0 ? reply("504 Late", "third") : reply("503 Busy", "no")}; }};
    const auto reply = get(origin);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 504);
    EXPECT_EQ(reply->body, "third");
    EXPECT_EQ(origin.requests().size(), 3U);
    EXPECT_EQ(retries("503"), 2);
    EXPECT_EQ(attempts("failure"), 3);
}

TEST_F(HttplibClient, other_statuses_are_final) {
    for (const char* status : {"404 No", "500 Broken", "501 What", "302 There"}) {
        const ScriptedOrigin origin{{reply(status)}};
        ASSERT_TRUE(get(origin));
        EXPECT_EQ(origin.requests().size(), 1U) << status;
    }
}

TEST_F(HttplibClient, the_pause_that_the_origin_asks_for_is_kept_in_both_forms_and_429_needs_one) {
    const ScriptedOrigin busy{{reply("429 Slow", "", "Retry-After: 600\r\n")}};
    ASSERT_TRUE(get(busy));
    EXPECT_EQ(busy.requests().size(), 1U);   // longer than the call may take
    EXPECT_EQ(value(R"(outrigger_retry_abandoned_total{upstream="users",reason="callee_asks_longer"})"), 1);
    const ScriptedOrigin silent{{reply("429 Slow")}};
    ASSERT_TRUE(get(silent));
    EXPECT_EQ(silent.requests().size(), 1U);
    const ScriptedOrigin past{[](std::size_t n) {
        return Answer{n == 1 ? reply("429 Slow", "", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
                             : reply("200 OK")};
    }};
    EXPECT_EQ(get(past)->status, 200);
    const ScriptedOrigin soon{[](std::size_t n) {
        return Answer{n == 1 ? reply("503 Busy", "", "Retry-After: 1\r\n") : reply("200 OK")};
    }};
    const Instant began = clock.now();
    EXPECT_EQ(get(soon)->status, 200);
    EXPECT_GE(clock.now() - began, 1s);
}

TEST_F(HttplibClient, a_connection_that_ends_before_the_head_is_tried_again_if_the_call_is_safe) {
    for (const Answer& broken :
         {Answer{"", End::reset}, Answer{""}, Answer{"HTTP/1.1 200 OK\r\nContent-", End::reset}}) {
        const ScriptedOrigin origin{[&](std::size_t n) { return n < 3 ? broken : Answer{reply("200 OK")}; }};
        const auto reply = get(origin);
        ASSERT_TRUE(reply) << to_string(reply.error().reason);
        EXPECT_EQ(origin.requests().size(), 3U);
    }
    EXPECT_EQ(retries("upstream_reset"), 6);
}

TEST_F(HttplibClient, a_body_that_is_cut_is_not) {
    const ScriptedOrigin origin{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive", End::reset}};
    const auto reply = get(origin);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::upstream_reset);
    EXPECT_EQ(origin.requests().size(), 1U);
}

TEST_F(HttplibClient, a_post_is_never_sent_twice) {
    for (const Answer& broken :
         {Answer{"", End::reset}, Answer{""}, Answer{reply("503 Busy")}, Answer{"HTTP/1.1 2", End::reset},
          Answer{reply("429 Slow", "", "Retry-After: 0\r\n")}}) {
        const ScriptedOrigin origin{broken};
        (void)make(origin, request_of("POST"));
        EXPECT_EQ(origin.requests().size(), 1U) << broken.text;
    }
}

TEST_F(HttplibClient, with_a_key_or_where_the_caller_says_so_it_is) {
    const ScriptedOrigin busy{{reply("503 Busy")}};
    httplib::Request keyed = request_of("POST");
    keyed.set_header("Idempotency-Key", "k-1");
    EXPECT_EQ(make(busy, keyed)->status, 503);
    EXPECT_EQ(busy.requests().size(), 3U);
    EXPECT_EQ(make(busy, request_of("POST"), {.idempotent = true})->status, 503);
    EXPECT_EQ(busy.requests().size(), 6U);
    EXPECT_EQ(make(busy, request_of("GET"), {.idempotent = false})->status, 503);
    EXPECT_EQ(busy.requests().size(), 7U);
    EXPECT_NE(busy.requests()[5].find("\r\n\r\nbody"), std::string::npos);
}

TEST_F(HttplibClient, what_never_arrived_is_tried_again_with_any_method) {
    const RefusingPort nobody;
    httplib::Client client{"127.0.0.1", nobody.number()};
    const auto reply = call(users, client, request_of("POST"), {.telemetry = &telemetry});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::connect_failed);
    EXPECT_EQ(retries("connect_failed"), 2);
    EXPECT_NE(kept->take().find(R"("reason":"connect_failed")"), std::string::npos);
}

TEST_F(HttplibClient, a_post_that_was_redirected_to_where_nobody_is_is_not_sent_again) {
    const RefusingPort nobody;
    const ScriptedOrigin origin{{reply("307 There", "", "Location: http://" + nobody.address() + "/\r\n")}};
    httplib::Client client{"127.0.0.1", origin.port()};
    client.set_follow_location(true);
    EXPECT_FALSE(call(users, client, request_of("POST")));
    EXPECT_EQ(origin.requests().size(), 1U);
}

TEST_F(HttplibClient, the_whole_call_ends_by_its_deadline_whatever_the_origin_does) {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    for (const Answer& slow :
         {Answer{"", End::stall}, Answer{head + "X-Drip: " + std::string(1 << 14, 'x'), End::close, true},
          Answer{head, End::stall}}) {
        const ScriptedOrigin origin{slow};
        const Instant began = clock.now();
        const auto reply = make(origin, request_of("GET"), {.deadline = began + 150ms});
        const Duration took = clock.now() - began;
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().reason, Reason::deadline_expired);
        EXPECT_GE(took, 150ms);
        EXPECT_LT(took, 5s);
        EXPECT_LE(origin.requests().size(), 1U);
    }
    EXPECT_EQ(attempts("failure"), 0);   // the caller's own deadline says nothing of the origin
}

void rest(int milliseconds) { (void)::poll(nullptr, 0, milliseconds); }

TEST_F(HttplibClient, nor_does_it_outlast_its_deadline_by_a_body_that_streams_fast) {
    const ScriptedOrigin origin{{"HTTP/1.1 200 OK\r\n\r\n", End::flood}};
    httplib::Request request = request_of("GET");
    request.content_receiver = [](const char*, std::size_t, auto, auto) {
        rest(1);   // so that there is always more to read
        return true;
    };
    const Instant began = clock.now();
    const auto reply = make(origin, request, {.deadline = began + 150ms});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::deadline_expired);
    EXPECT_LT(clock.now() - began, 5s);
}

TEST_F(HttplibClient, nor_by_a_request_that_is_read_slowly) {
    const LoopbackServer slow{[](int fd) {
        std::vector<char> some(1 << 18);   // as much as to make room for the next write in time, again and again
        while (::recv(fd, some.data(), some.size(), 0) > 0) rest(3);
    }};
    httplib::Client client{"127.0.0.1", slow.port()};
    httplib::Request request = request_of("POST");
    request.body.clear();
    request.content_length_ = std::size_t{1} << 30;
    request.content_provider_ = [](std::size_t, std::size_t left, httplib::DataSink& sink) {
        const std::string some(std::min<std::size_t>(left, 1 << 16), 'x');
        return sink.write(some.data(), some.size());
    };
    const Instant began = clock.now();
    const auto reply = call(users, client, request, {.deadline = began + 150ms});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::deadline_expired);
    EXPECT_LT(clock.now() - began, 5s);
}

TEST_F(HttplibClient, nor_by_the_body_of_another_host_that_it_was_redirected_to) {
    const ScriptedOrigin other{{"HTTP/1.1 200 OK\r\nContent-Length: 16384\r\n\r\n" + std::string(1 << 14, 'x'),
                                End::close, true}};
    const ScriptedOrigin origin{{reply("302 There", "", "Location: " + other.url() + "\r\n")}};
    httplib::Client client{"127.0.0.1", origin.port()};
    client.set_follow_location(true);
    const Instant began = clock.now();
    const auto reply = call(users, client, request_of("GET"), {.deadline = began + 300ms});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::deadline_expired);
    EXPECT_LT(clock.now() - began, 30s);   // the body takes minutes
}

// Is stopped for the first time when it is about to send, where a client does not notice.
struct LateClient : httplib::Client {
    using httplib::Client::Client;
    void stop() {
        httplib::Client::stop();
        stopped.test_and_set();
        stopped.notify_all();
    }
    bool send(httplib::Request& request, httplib::Response& reply, httplib::Error& error) {
        stopped.wait(false);
        return httplib::Client::send(request, reply, error);
    }
    std::atomic_flag stopped;
};

TEST_F(HttplibClient, a_cut_that_comes_too_early_comes_again) {
    const ScriptedOrigin origin{{"HTTP/1.1 200 OK\r\n\r\n" + std::string(1 << 14, 'x'), End::close, true}};
    LateClient client{"127.0.0.1", origin.port()};
    const Instant began = clock.now();
    EXPECT_FALSE(call(users, client, request_of("GET"), {.deadline = began + 10ms}));
    EXPECT_LT(clock.now() - began, 5s);
}

TEST_F(HttplibClient, a_body_that_drips_ends_by_the_timeout_of_the_call) {
    const ScriptedOrigin origin{[](std::size_t) {
        return Answer{"HTTP/1.1 200 OK\r\n\r\n" + std::string(1 << 14, 'x'), End::close, true};
    }};
    auto quick = pipeline("quick", Timeout{.limit = 600ms}, Retry{.attempts = 2});
    httplib::Client client{"127.0.0.1", origin.port()};
    const auto reply = call(quick, client, request_of("GET"));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::timeout);
    EXPECT_LE(origin.requests().size(), 1U);
}

TEST_F(HttplibClient, an_attempts_own_timeout_lets_another_one_follow) {
    const ScriptedOrigin origin{[](std::size_t n) {
        return n == 1 ? Answer{"", End::stall} : Answer{reply("200 OK")};
    }};
    auto timed = pipeline("timed", Timeout{.limit = 10s}, Retry{.per_try_timeout = 400ms, .backoff = {.first = 1ms}});
    httplib::Client client{"127.0.0.1", origin.port()};
    const auto reply = call(timed, client, request_of("GET"));
    ASSERT_TRUE(reply);
    EXPECT_GE(origin.requests().size(), 2U);
}

TEST_F(HttplibClient, a_caller_may_give_up) {
    const ScriptedOrigin origin{{"", End::stall}};
    std::stop_source source;
    std::thread stops{[&] {
        while (origin.requests().empty()) std::this_thread::yield();
        source.request_stop();
    }};
    const auto reply = make(origin, request_of("GET"), {.stop = source.get_token()});
    stops.join();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::caller_left);
}

TEST_F(HttplibClient, a_refusal_is_a_value) {
    auto guarded = pipeline("guarded", Breaker{});
    guarded.policy<Breaker>().force_open(clock.now());
    const ScriptedOrigin origin{{reply("200 OK")}};
    httplib::Client client{"127.0.0.1", origin.port()};
    const auto reply = call(guarded, client, request_of("GET"), {.telemetry = &telemetry});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::circuit_open);
    EXPECT_TRUE(origin.requests().empty());
    EXPECT_NE(kept->take().find(R"("attempts":0)"), std::string::npos);
}

// A request that takes its reply in its own functions.
struct Receiving {
    explicit Receiving(bool takes = true) : request{request_of("GET")} {
        request.response_handler = [this](const httplib::Response& reply) {
            statuses.push_back(reply.status);
            return true;
        };
        request.content_receiver = [this, takes](const char* data, std::size_t size, auto, auto) {
            body.append(data, size);
            return takes;
        };
    }
    httplib::Request request;
    std::vector<int> statuses;
    std::string body;
};

TEST_F(HttplibClient, a_receiver_sees_one_reply_that_of_the_last_attempt) {
    const ScriptedOrigin mends{
        [](std::size_t n) { return Answer{n == 1 ? reply("503 Busy", "no") : reply("200 OK", "yes")}; }};
    Receiving one;
    ASSERT_TRUE(make(mends, one.request));
    EXPECT_EQ(one.statuses, std::vector{200});
    EXPECT_EQ(one.body, "yes");
    const ScriptedOrigin busy{{reply("503 Busy", "no")}};
    Receiving other;
    ASSERT_TRUE(make(busy, other.request));
    EXPECT_EQ(busy.requests().size(), 3U);
    EXPECT_EQ(other.statuses, std::vector{503});
    EXPECT_EQ(other.body, "no");
}

TEST_F(HttplibClient, a_fallback_answers_in_place_of_a_refusal_and_no_receiver_sees_what_was_held) {
    auto falls_back = pipeline("falls_back", Fallback{[](const Fault&) {
                                   httplib::Response instead;
                                   instead.status = 200;
                                   instead.body = "cached";
                                   return instead;
                               }},
                               Retry{.attempts = 2, .backoff = {.first = 1ms, .max = 1ms}}, Breaker{.consecutive = 1});
    const ScriptedOrigin busy{{reply("503 Busy", "no")}};
    Receiving one;
    httplib::Client client{"127.0.0.1", busy.port()};
    const auto reply = call(falls_back, client, one.request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "cached");
    EXPECT_EQ(busy.requests().size(), 1U);   // the circuit let no second one pass
    EXPECT_EQ(one.body, "");
}

TEST_F(HttplibClient, a_configured_pipeline_serves_as_well) {
    ConfiguredPipeline configured{PipelineOptions{.name = "configured"},
                                  {Retry{.backoff = {.first = 1ms, .max = 1ms}}}};
    const ScriptedOrigin busy{{reply("503 Busy", "no")}};
    httplib::Client client{"127.0.0.1", busy.port()};
    EXPECT_EQ(call(configured, client, request_of("GET"))->status, 503);
    EXPECT_EQ(busy.requests().size(), 3U);
}

TEST_F(HttplibClient, a_body_too_large_to_wait_is_delivered_and_not_repeated) {
    const std::string large(detail::held_max + 1, 'x');
    const ScriptedOrigin busy{{reply("503 Busy", large)}};
    Receiving one;
    ASSERT_TRUE(make(busy, one.request));
    EXPECT_EQ(busy.requests().size(), 1U);
    EXPECT_EQ(one.body, large);
    EXPECT_EQ(one.statuses, std::vector{503});
}

TEST_F(HttplibClient, a_receiver_that_wants_no_more_ends_the_call) {
    const ScriptedOrigin origin{{reply("200 OK")}};
    Receiving one{false};
    const auto reply = make(origin, one.request);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::caller_left);
    EXPECT_EQ(origin.requests().size(), 1U);
    EXPECT_EQ(attempts("neutral"), 1);
}

TEST_F(HttplibClient, what_is_no_http_is_a_failure) {
    const ScriptedOrigin origin{{"220 mail.example ESMTP\r\n\r\n"}};
    EXPECT_FALSE(get(origin));
    EXPECT_EQ(attempts("failure"), 3);
}

TEST_F(HttplibClient, one_connection_serves_many_calls) {
    httplib::Server server;
    server.Get("/", [](const httplib::Request&, httplib::Response& reply) { reply.set_content("ok", "text/plain"); });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread thread{[&] { server.listen_after_bind(); }};
    {
        httplib::Client client{"127.0.0.1", port};
        client.set_keep_alive(true);
        for (int i = 0; i < 20; ++i) {
            const auto reply = call(users, client, request_of("GET", "/"));
            ASSERT_TRUE(reply);
            EXPECT_EQ(reply->body, "ok");
        }
    }
    server.stop();
    thread.join();
}

TEST_F(HttplibClient, metrics_and_lines_say_what_the_origin_saw) {
    const ScriptedOrigin origin{[](std::size_t n) {
        if (n % 5 == 0) return Answer{"", End::reset};
        return Answer{n % 3 == 0 ? reply("503 Busy") : reply("200 OK")};
    }};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 30; ++i) (void)make(origin, request_of((i + t) % 2 ? "POST" : "GET"));
        });
    for (std::thread& one : threads) one.join();
    const auto requests = static_cast<double>(origin.requests().size());
    const std::string lines = kept->take();
    EXPECT_EQ(attempts("success") + attempts("failure") + attempts("neutral"), requests);
    EXPECT_EQ(static_cast<double>(count_of(R"("action":"attempt-ended")", lines)), requests);
    EXPECT_EQ(count_of(R"("dataset":"outrigger.calls")", lines), 60U);
    EXPECT_EQ(static_cast<double>(count_of(R"("action":"retry-scheduled")", lines)), requests - 60);
    EXPECT_EQ(retries("503") + retries("upstream_reset"), requests - 60);
}

}   // namespace
}   // namespace outrigger::middleware
