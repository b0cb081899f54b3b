// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/libcurl.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

#include <outrigger/logging/context.hpp>

#include "client_case.hpp"
#include "curl_handle.hpp"
#include "tests/unit/core/refusing_port.hpp"

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using namespace resilience;
using End = Answer::End;

class Libcurl : public ClientCase {
protected:
    [[nodiscard]] Result<CurlReply> make(const CurlHandle& handle, CurlCallOptions options = {}) {
        options.call.telemetry = &telemetry;
        return call(users, handle.get(), options);
    }
    [[nodiscard]] Result<CurlReply> get(const ScriptedOrigin& origin) { return make(CurlHandle{origin.url()}); }
};

TEST_F(Libcurl, a_reply_comes_through_with_its_metrics_and_its_line) {
    const ScriptedOrigin origin{{reply("200 OK", "seven")}};
    const auto reply = make(CurlHandle{origin.url()}, {.call = {.route = "/users/{id}"}, .method = "GET"});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "seven");
    EXPECT_EQ(value(R"(http_client_request_duration_seconds_count{upstream="users",http_request_method="GET",)"
                    R"(http_route="/users/{id}",http_response_status_code="200"})"),
              1);
    const std::string lines = kept->take();
    EXPECT_EQ(count_of(R"("dataset":"outrigger.calls")", lines), 1U);
    EXPECT_NE(lines.find("GET /users/7 of users 200"), std::string::npos) << lines;
    EXPECT_EQ(lines.find("q=1"), std::string::npos) << lines;
}

TEST_F(Libcurl, ids_are_sent_with_the_callers_fields_and_without_them_the_handles_own_stay) {
    const ScriptedOrigin origin{{reply("200 OK")}};
    CurlHandle handle{origin.url()};
    const CurlFields own{"X-Own: 1"};
    handle.set(CURLOPT_HTTPHEADER, own.get());
    ASSERT_TRUE(make(handle));
    const CurlFields given{"X-Request-ID: mine"};
    {
        const logging::TraceContext context{{.trace = "4bf92f3577b34da6a3ce929d0e0e4736"}};
        ASSERT_TRUE(make(handle, {.headers = given.get()}));
        ASSERT_TRUE(make(handle, {.headers = nullptr}));
    }
    const auto requests = origin.requests();
    EXPECT_NE(requests[0].find("X-Own: 1"), std::string::npos) << requests[0];
    EXPECT_EQ(requests[0].find("traceparent"), std::string::npos) << requests[0];
    EXPECT_NE(requests[1].find("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"), std::string::npos) << requests[1];
    EXPECT_NE(requests[1].find("X-Request-ID: mine"), std::string::npos) << requests[1];
    EXPECT_EQ(requests[1].find("X-Request-Id"), std::string::npos) << requests[1];
    EXPECT_NE(requests[2].find("X-Request-Id: "), std::string::npos) << requests[2];
}

TEST_F(Libcurl, statuses_that_pass_are_tried_again_and_the_last_reply_passes_through) {
    const ScriptedOrigin origin{
        [](std::size_t n) { return Answer{n == 3 ? reply("504 Late", "third") : reply("503 Busy", "no")}; }};
    const auto reply = get(origin);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 504);
    EXPECT_EQ(reply->body, "third");
    EXPECT_EQ(origin.requests().size(), 3U);
    EXPECT_EQ(retries("503"), 2);
}

TEST_F(Libcurl, the_pause_that_the_origin_asks_for_is_kept_in_both_forms_and_429_needs_one) {
    const ScriptedOrigin silent{{reply("429 Slow")}};
    ASSERT_TRUE(get(silent));
    EXPECT_EQ(silent.requests().size(), 1U);
    const ScriptedOrigin past{[](std::size_t n) {
        return Answer{n == 1 ? reply("429 Slow", "", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
                             : reply("200 OK")};
    }};
    EXPECT_EQ(get(past)->status, 200);
    const ScriptedOrigin long_{{reply("503 Busy", "", "Retry-After: 600\r\n")}};
    EXPECT_EQ(get(long_)->status, 503);
    EXPECT_EQ(long_.requests().size(), 1U);
}

TEST_F(Libcurl, a_connection_that_ends_before_the_head_is_tried_again_if_the_call_is_safe) {
    for (const Answer& broken : {Answer{"", End::reset}, Answer{""}}) {
        const ScriptedOrigin origin{[&](std::size_t n) { return n < 3 ? broken : Answer{reply("200 OK")}; }};
        const auto reply = get(origin);
        ASSERT_TRUE(reply) << to_string(reply.error().reason);
        EXPECT_EQ(origin.requests().size(), 3U);
    }
    EXPECT_EQ(retries("upstream_reset"), 4);
}

TEST_F(Libcurl, a_body_that_is_cut_is_not) {
    for (const End end : {End::reset, End::close}) {
        const ScriptedOrigin origin{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive", end}};
        const auto reply = get(origin);
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().reason, Reason::upstream_reset);
        EXPECT_EQ(origin.requests().size(), 1U);
    }
}

TEST_F(Libcurl, a_post_is_never_sent_twice) {
    for (const Answer& broken :
         {Answer{"", End::reset}, Answer{""}, Answer{reply("503 Busy")}, Answer{"HTTP/1.1 2", End::reset},
          Answer{reply("429 Slow", "", "Retry-After: 0\r\n")}}) {
        const ScriptedOrigin origin{broken};
        CurlHandle handle{origin.url()};
        handle.posts("body");
        (void)make(handle);
        EXPECT_EQ(origin.requests().size(), 1U) << broken.text;
        EXPECT_TRUE(origin.requests()[0].starts_with("POST "));
    }
    EXPECT_GE(value(R"(outrigger_retry_abandoned_total{upstream="users",reason="not_safe"})"), 4);
}

// Keeps its connections, but resets them when the second request comes.
class FickleOrigin {
public:
    [[nodiscard]] std::string url() const { return "http://" + server_.address() + "/"; }
    [[nodiscard]] int requests() const noexcept { return requests_; }

private:
    void serve(int fd) {
        char some[4096];
        if (::recv(fd, some, sizeof some, 0) <= 0) return;
        ++requests_;
        write_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        pollfd entry{fd, POLLIN, 0};
        if (::poll(&entry, 1, 200) <= 0 || ::recv(fd, some, sizeof some, 0) <= 0) return;
        ++requests_;
        const linger at_once{1, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    std::atomic<int> requests_{0};
    LoopbackServer server_{[this](int fd) { serve(fd); }};
};

TEST_F(Libcurl, nor_does_libcurl_itself_send_one_again_that_a_reused_connection_swallowed) {
    const FickleOrigin origin;
    CurlHandle handle{origin.url()};
    handle.posts("body");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(make(handle)->status, 200);
    EXPECT_EQ(origin.requests(), 2);
}

TEST_F(Libcurl, what_is_said_to_be_harmless_reuses_connections) {
    const FickleOrigin origin;
    const CurlHandle handle{origin.url()};
    for (int i = 0; i < 2; ++i) EXPECT_EQ(make(handle, {.method = "GET"})->status, 200);
    EXPECT_EQ(origin.requests(), 3);   // libcurl asked again, which harms nobody
}

TEST_F(Libcurl, nor_where_a_redirection_made_it_a_get) {
    const ScriptedOrigin broken{{"", End::reset}};
    const ScriptedOrigin origin{{reply("303 See", "", "Location: " + broken.url() + "\r\n")}};
    CurlHandle handle{origin.url()};
    handle.posts("body");
    handle.set(CURLOPT_FOLLOWLOCATION, 1L);
    EXPECT_FALSE(make(handle));
    EXPECT_EQ(origin.requests().size(), 1U);
    const RefusingPort nobody;
    const ScriptedOrigin other{{reply("307 There", "", "Location: http://" + nobody.address() + "/\r\n")}};
    handle.set(CURLOPT_URL, other.url().c_str());
    EXPECT_FALSE(make(handle));
    EXPECT_EQ(other.requests().size(), 1U);
}

TEST_F(Libcurl, nor_a_body_that_nobody_knows_how_to_read_again) {
    const ScriptedOrigin origin{{reply("503 Busy")}};
    CurlHandle handle{origin.url()};
    handle.posts("body");
    handle.set(CURLOPT_CUSTOMREQUEST, "PUT");
    EXPECT_EQ(make(handle)->status, 503);
    EXPECT_EQ(origin.requests().size(), 1U);
    EXPECT_EQ(make(handle, {.call = {.idempotent = true}})->status, 503);
    EXPECT_EQ(origin.requests().size(), 4U);
    EXPECT_NE(origin.requests()[3].find("\r\n\r\nbody"), std::string::npos);
}

TEST_F(Libcurl, with_a_key_it_is) {
    const ScriptedOrigin origin{{reply("503 Busy")}};
    CurlHandle handle{origin.url()};
    handle.posts("body");
    const CurlFields key{"idempotency-key: k-1"};
    EXPECT_EQ(make(handle, {.headers = key.get()})->status, 503);
    EXPECT_EQ(origin.requests().size(), 3U);
}

TEST_F(Libcurl, what_never_arrived_is_tried_again_with_any_method) {
    const RefusingPort nobody;
    CurlHandle handle{"http://" + nobody.address()};
    handle.posts("body");
    const auto reply = make(handle);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::connect_failed);
    EXPECT_EQ(retries("connect_failed"), 2);
    EXPECT_NE(kept->take().find("POST / of users - "), std::string::npos);
}

TEST_F(Libcurl, the_whole_call_ends_by_its_deadline_whatever_the_origin_does) {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    for (const Answer& slow :
         {Answer{"", End::stall}, Answer{head + "X-Drip: " + std::string(1 << 14, 'x'), End::close, true},
          Answer{head + "\r\n" + std::string(1 << 14, 'x'), End::close, true}}) {
        const ScriptedOrigin origin{slow};
        const Instant began = clock.now();
        const auto reply = make(CurlHandle{origin.url()}, {.call = {.deadline = began + 150ms}});
        const Duration took = clock.now() - began;
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().reason, Reason::deadline_expired);
        EXPECT_GE(took, 150ms);
        EXPECT_LT(took, 5s);
        EXPECT_LE(origin.requests().size(), 1U);
    }
}

TEST_F(Libcurl, a_caller_may_give_up) {
    const ScriptedOrigin origin{{"", End::stall}};
    std::stop_source source;
    std::thread stops{[&] {
        while (origin.requests().empty()) std::this_thread::yield();
        source.request_stop();
    }};
    const auto reply = make(CurlHandle{origin.url()}, {.call = {.stop = source.get_token()}});
    stops.join();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::caller_left);
    EXPECT_EQ(attempts("neutral"), 1);
}

std::size_t forget(char*, std::size_t size, std::size_t count, void*) { return size * count; }

TEST_F(Libcurl, nor_does_it_outlast_its_deadline_by_a_body_that_streams_fast) {
    const ScriptedOrigin origin{{"HTTP/1.1 200 OK\r\n\r\n", End::flood}};
    const Instant began = clock.now();
    const auto reply = make(CurlHandle{origin.url()}, {.call = {.deadline = began + 150ms}, .write = forget});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason, Reason::deadline_expired);
    EXPECT_LT(clock.now() - began, 5s);
}

std::size_t append(char* data, std::size_t size, std::size_t count, void* to) {
    static_cast<std::string*>(to)->append(data, size * count);
    return size * count;
}
std::size_t refuse(char*, std::size_t, std::size_t, void*) { return 0; }

TEST_F(Libcurl, a_write_function_sees_one_body_that_of_the_last_attempt) {
    const ScriptedOrigin mends{
        [](std::size_t n) { return Answer{n == 1 ? reply("503 Busy", "no") : reply("200 OK", "yes")}; }};
    std::string body;
    ASSERT_TRUE(make(CurlHandle{mends.url()}, {.write = append, .write_data = &body}));
    EXPECT_EQ(body, "yes");
    const ScriptedOrigin busy{{reply("503 Busy", "no")}};
    body.clear();
    const auto last = make(CurlHandle{busy.url()}, {.write = append, .write_data = &body});
    EXPECT_EQ(last->status, 503);
    EXPECT_EQ(last->body, "");
    EXPECT_EQ(body, "no");
    EXPECT_EQ(busy.requests().size(), 3U);
}

TEST_F(Libcurl, a_body_too_large_to_wait_is_delivered_and_not_repeated) {
    const std::string large((1 << 20) + 1, 'x');
    const ScriptedOrigin busy{{reply("503 Busy", large)}};
    std::string body;
    ASSERT_TRUE(make(CurlHandle{busy.url()}, {.write = append, .write_data = &body}));
    EXPECT_EQ(busy.requests().size(), 1U);
    EXPECT_EQ(body, large);
}

TEST_F(Libcurl, a_write_function_that_wants_no_more_and_a_body_beyond_its_bound_end_the_call) {
    const ScriptedOrigin origin{{reply("200 OK", "12345")}};
    EXPECT_EQ(make(CurlHandle{origin.url()}, {.write = refuse}).error().reason, Reason::caller_left);
    EXPECT_EQ(make(CurlHandle{origin.url()}, {.body_max = Bytes{4}}).error().reason, Reason::call_failed);
    EXPECT_EQ(make(CurlHandle{origin.url()}, {.body_max = Bytes{5}})->body, "12345");
    EXPECT_EQ(origin.requests().size(), 3U);
}

TEST_F(Libcurl, the_handle_may_be_used_without_a_pipeline_afterwards) {
    const ScriptedOrigin origin{{reply("200 OK", "yes")}};
    std::string body;
    CurlHandle handle{origin.url()};
    const CurlFields fields{"X-Own: 1"};
    ASSERT_TRUE(
        make(handle,
             {.call = {.deadline = clock.now() + 5s}, .headers = fields.get(), .write = append, .write_data = &body}));
    EXPECT_EQ(::curl_easy_perform(handle.get()), CURLE_OK);
    EXPECT_EQ(body, "yesyes");
    EXPECT_NE(origin.requests()[1].find("X-Own: 1"), std::string::npos);
    EXPECT_EQ(origin.requests()[1].find("traceparent"), std::string::npos);
}

TEST_F(Libcurl, nor_is_there_a_pointer_to_nothing_on_it) {
    const ScriptedOrigin origin{{reply("200 OK", "yes")}};
    const CurlHandle handle{origin.url()};
    ASSERT_TRUE(make(handle));   // without a write function
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(::curl_easy_perform(handle.get()), CURLE_OK);
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "yes");   // as libcurl does without one
}

TEST_F(Libcurl, a_call_that_no_attempt_was_made_of_leaves_the_handle_as_it_was) {
    auto guarded = pipeline("guarded", Breaker{});
    guarded.policy<Breaker>().force_open(clock.now());
    const ScriptedOrigin origin{{reply("200 OK", "yes")}};
    CurlHandle handle{origin.url()};
    std::string body;
    handle.set(CURLOPT_WRITEFUNCTION, &append);
    handle.set(CURLOPT_WRITEDATA, &body);
    EXPECT_EQ(call(guarded, handle.get()).error().reason, Reason::circuit_open);
    EXPECT_EQ(::curl_easy_perform(handle.get()), CURLE_OK);
    EXPECT_EQ(body, "yes");
}

}   // namespace
}   // namespace outrigger::middleware
