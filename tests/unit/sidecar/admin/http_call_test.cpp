// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/http_call.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "tests/unit/sidecar/admin/called_server.hpp"

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;

class HttpCallTest : public CalledServer {
protected:
    ~HttpCallTest() override { loop.advance(24h); }

    void start(HttpCall request, Duration patience = 5s, Cancel* cancel = nullptr) {
        tasks.spawn(calling(std::move(request), Wait{after(loop.scheduler().now(), patience), cancel}));
        loop.run();
    }

    std::optional<HttpAnswer> answer;
    TaskGroup tasks;

private:
    Task<void> calling(HttpCall request, Wait wait) {
        answer = co_await call(cluster, worker, std::move(request), wait);
    }
};

HttpCall get(std::string_view path) {
    HttpCall request;
    request.path = path;
    request.host = "shop:80";
    return request;
}

TEST_F(HttpCallTest, an_answer_is_kept_whole) {
    HttpCall request = get("/metrics?x");
    request.fields = {{"Accept", "text/plain"}};
    start(std::move(request));
    const std::string sent = peers.back().read();
    EXPECT_TRUE(sent.starts_with("GET /metrics?x HTTP/1.1\r\nHost: shop:80\r\n")) << sent;
    EXPECT_NE(sent.find("Accept: text/plain\r\n"), std::string::npos);
    EXPECT_EQ(sent.find("Content-Length"), std::string::npos);
    reply(
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n");
    EXPECT_FALSE(answer);
    reply("2\r\nde\r\n0\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->content_type, "text/plain");
    EXPECT_EQ(answer->body, "abcde");
    EXPECT_EQ(answer->cause, "");
    EXPECT_FALSE(peers.back().connected());
}

TEST_F(HttpCallTest, a_body_is_sent_with_its_length_even_a_large_one) {
    const std::string body(300'000, 'x');
    HttpCall request = get("/push");
    request.method = "PUT";
    request.body = body;
    start(std::move(request));
    std::string sent;
    for (std::string part = peers.back().read(); !part.empty(); part = peers.back().read()) {
        sent += part;
        loop.run();
    }
    EXPECT_TRUE(sent.starts_with("PUT /push HTTP/1.1\r\n"));
    EXPECT_NE(sent.find("Content-Length: 300000\r\n"), std::string::npos);
    EXPECT_TRUE(sent.ends_with(body));
    reply("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 202);
}

TEST_F(HttpCallTest, what_goes_wrong_is_said) {
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    start(get("/"));
    EXPECT_EQ(answer->cause, "connect_failed");
    EXPECT_NE(answer->why.find("shop:80"), std::string::npos) << answer->why;
    connector->fault.reset();

    start(get("/"));
    peers.back().close();
    loop.run();
    EXPECT_EQ(answer->cause, "upstream_reset");

    start(get("/"));
    reply("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    peers.back().close();
    loop.run();
    EXPECT_EQ(answer->cause, "upstream_reset");

    start(get("/"));
    reply("nonsense\r\n\r\n");
    EXPECT_EQ(answer->cause, "upstream_protocol_error");
}

TEST_F(HttpCallTest, more_than_32_interim_replies_are_too_many) {
    const auto interims = [](int count) {
        std::string all;
        while (count-- > 0) all += "HTTP/1.1 103 Early Hints\r\n\r\n";
        return all;
    };
    start(get("/"));
    reply(interims(32) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->cause, "");
    start(get("/"));
    reply(interims(33) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(answer->cause, "upstream_protocol_error");
}

TEST_F(HttpCallTest, it_takes_no_longer_than_it_may) {
    start(get("/"), 2s);
    answer.reset();
    loop.advance(1999ms);
    EXPECT_FALSE(answer);
    loop.advance(1ms);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->cause, "timeout");

    start(get("/"), 2s);
    reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    answer.reset();
    for (int i = 0; i < 40 && !answer; ++i) {   // a body without an end
        reply("1\r\nx\r\n");
        loop.advance(100ms);
    }
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->cause, "timeout");
}

TEST_F(HttpCallTest, an_answer_that_is_too_large_is_none) {
    HttpCall request = get("/");
    request.reply_max = Bytes{4};
    start(std::move(request));
    reply("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->cause, "too_large");
    EXPECT_EQ(answer->why, "The answer is larger than 4 bytes.");
}

TEST_F(HttpCallTest, it_can_be_told_to_stop) {
    Cancel cancel;
    start(get("/"), 5s, &cancel);
    cancel.cancel(Fault{Reason::draining, "enough"});
    loop.run();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->cause, "draining");
}

}  // namespace
}  // namespace outrigger::admin
