// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/attempt.hpp"

#include "sidecar/proxy/forwarding.hpp"
#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::proxy {
namespace {

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

class AttemptTest : public ProxyBench {
protected:
    // A request, under way on a connection that is new, or was used before.
    void start(std::string_view request, bool reused = false) {
        outcome.reset();
        if (exchange) accept();
        begin(request);
        ASSERT_TRUE(prepare_request(*exchange));
        tasks.spawn(performing(reused ? reconnect() : connect()));
    }
    [[nodiscard]] net::Peer& endpoint() { return endpoints.back(); }
    void reply(std::string_view bytes) {
        endpoint().write(bytes);
        loop.run();
    }
    [[nodiscard]] std::optional<Reason> fault() const {
        return outcome && !outcome->has_reply() ? std::optional{outcome->fault().reason} : std::nullopt;
    }

    std::optional<Outcome> outcome;

private:
    Task<void> performing(upstream::Lease on) { outcome.emplace(co_await perform(std::move(on), *exchange)); }
};

TEST_F(AttemptTest, sends_the_request_and_gets_the_reply_s_head) {
    start(get);
    EXPECT_TRUE(endpoint().read().starts_with("GET /x HTTP/1.1\r\nHost: a\r\n"));
    EXPECT_FALSE(outcome.has_value());
    reply(ok);
    ASSERT_TRUE(outcome && outcome->has_reply());
    EXPECT_EQ(exchange->reply_head().status, 200);
    outcome.reset();
    EXPECT_TRUE(endpoint().connected()) << "back in the pool";
}

TEST_F(AttemptTest, interim_replies_pass_before_the_final_one) {
    start(get);
    reply("HTTP/1.1 103 Early Hints\r\nConnection: x-own\r\nX-Own: 1\r\nLink: </s>\r\n\r\n");
    EXPECT_EQ(caller.read(), "HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n");
    EXPECT_FALSE(outcome.has_value());
    reply(ok);
    ASSERT_TRUE(outcome && outcome->has_reply());
    EXPECT_EQ(exchange->reply_head().status, 200);
}

TEST_F(AttemptTest, an_endpoint_that_says_continue_gets_the_body_then) {
    start("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    reply("HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(caller.read(), "HTTP/1.1 100 Continue\r\n\r\n");
    (void)endpoint().read();
    caller.write("hello");
    loop.run();
    EXPECT_EQ(endpoint().read(), "hello");
    reply(ok);
    EXPECT_TRUE(outcome && outcome->has_reply());
}

TEST_F(AttemptTest, a_flood_of_interim_replies_is_no_reply) {
    start(get);
    for (int i = 0; i < 100 && !outcome; ++i) reply("HTTP/1.1 103 Early Hints\r\n\r\n");
    EXPECT_EQ(fault(), Reason::upstream_protocol_error);
}

TEST_F(AttemptTest, an_endpoint_that_switches_protocols_unasked_is_not_used_again) {
    start(get);
    reply("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    EXPECT_EQ(fault(), Reason::upstream_protocol_error);
    outcome.reset();
    EXPECT_FALSE(endpoint().connected());
}

TEST_F(AttemptTest, a_reply_that_is_no_http_says_so) {
    start(get);
    reply("SSH-2.0-x\r\n");
    EXPECT_EQ(fault(), Reason::upstream_protocol_error);
}

TEST_F(AttemptTest, ends_with_the_call_s_own_timeout) {
    start(get);
    loop.advance(30s - 1ns);
    EXPECT_FALSE(outcome.has_value());
    loop.advance(1ns);
    EXPECT_EQ(fault(), Reason::timeout);
}

TEST_F(AttemptTest, ends_with_it_also_when_the_reply_stalls_in_its_head_after_a_late_last_byte) {
    start(post);
    loop.advance(20s);
    caller.write("hello");
    loop.run();
    reply("HTTP/1.1 2");
    loop.advance(30s - 1ns);
    EXPECT_FALSE(outcome.has_value());
    loop.advance(1ns);
    EXPECT_EQ(fault(), Reason::timeout);
}

TEST_F(AttemptTest, ends_when_the_caller_leaves) {
    start(get);
    caller.close();
    loop.run();
    EXPECT_EQ(fault(), Reason::caller_left);
}

TEST_F(AttemptTest, a_reply_that_was_sent_before_the_endpoint_closed_is_heard_though_writing_failed) {
    start(post);
    (void)endpoint().read();
    reply("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(outcome && outcome->has_reply());
    EXPECT_EQ(exchange->reply_head().status, 413);
    EXPECT_TRUE(exchange->upload().running()) << "an early reply does not end the upload";
    exchange->stop_upload();
    loop.run();
}

TEST_F(AttemptTest, a_fault_ends_the_upload_before_the_connection_goes) {
    start(post);
    EXPECT_TRUE(exchange->upload().running());
    endpoint().close();
    loop.run();
    EXPECT_EQ(fault(), Reason::upstream_reset);
    EXPECT_FALSE(exchange->upload().running());
    outcome.reset();
}

TEST_F(AttemptTest, a_body_that_breaks_is_the_outcome_whatever_the_endpoint_does) {
    start("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    caller.write("zz\r\n");
    loop.run();
    EXPECT_EQ(fault(), Reason::bad_request);
    outcome.reset();
    EXPECT_FALSE(endpoint().connected());
}

TEST_F(AttemptTest, a_body_above_the_limit_is_the_outcome) {
    limits.body_bytes = Bytes{3};
    start("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    loop.run();
    EXPECT_EQ(fault(), Reason::body_too_large);
}

// Everything that decides whether the request may go again.
struct StaleCase {
    const char* request;
    bool reused;
    const char* reply;   // before the endpoint closes
    bool resets;
    bool stale;
};

TEST_F(AttemptTest, is_stale_only_when_nothing_can_have_happened) {
    const StaleCase cases[]{
        {"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", false, true},
        {"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", true, true},
        {"HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", false, true},
        {"PUT /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", false, true},
        {"DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", false, true},
        {"OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", false, true},
        {"TRACE /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", false, true},
        {"POST /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", false, false},   // may have been done
        {"PATCH /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", true, false},
        {"get /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "", false, false},    // methods are case-sensitive
        {"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", false, "", false, false},   // a new connection is not stale
        {"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "H", false, false},   // the reply had begun
        {"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "HTTP/1.1 100 Continue\r\n\r\n", false, false},
        {"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", true, "nonsense\r\n", false, false},
        {"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", true, "", false, true},
        {"POST /x HTTP/1.1\r\nHost: a\r\nIdempotency-Key: 7\r\n\r\n", true, "", false, true},
    };
    for (const StaleCase& tried : cases) {
        start(tried.request, tried.reused);
        endpoint().write(tried.reply);
        tried.resets ? endpoint().reset() : endpoint().close();
        loop.run();
        ASSERT_TRUE(outcome.has_value()) << tried.request;
        EXPECT_EQ(outcome->stale(*exchange), tried.stale)
            << tried.request << " reused: " << tried.reused << " reply: " << tried.reply;
        outcome.reset();
    }
}

TEST_F(AttemptTest, a_timeout_on_a_used_connection_is_not_stale) {
    start(get, true);
    loop.advance(30s);
    EXPECT_EQ(fault(), Reason::timeout);
    EXPECT_FALSE(outcome->stale(*exchange));
}

TEST_F(AttemptTest, a_replay_is_the_same_attempt_on_a_new_connection) {
    const Attempt first{2};
    EXPECT_EQ(first.replay().number, 2u);
    EXPECT_EQ(first.reuse, upstream::Cluster::Reuse::allowed);
    EXPECT_EQ(first.replay().reuse, upstream::Cluster::Reuse::never);
}

}   // namespace
}   // namespace outrigger::proxy
