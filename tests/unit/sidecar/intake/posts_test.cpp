// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/posts.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include <outrigger/core/manual_loop.hpp>

#include "sidecar/http1/server_stream.hpp"
#include "tests/unit/sidecar/intake/held_submissions.hpp"
#include "tests/unit/sidecar/peer.hpp"

namespace outrigger::intake {
namespace {

using namespace std::chrono_literals;

class PostsTest : public testing::Test {
protected:
    ~PostsTest() override { loop.advance(24h); }

    struct Exchange {
        explicit Exchange(PostsTest& test) : arena{test.worker.pages} {
            auto [ours, theirs] = net::MemoryStream::pair(test.loop.scheduler(), 1024 * 1024);
            connection = std::move(ours);
            caller = net::Peer{std::move(theirs)};
            inbox.emplace(*connection, test.worker.pages);
            stream.emplace(*connection, *inbox, test.limits);
        }
        net::Arena arena;
        std::unique_ptr<net::MemoryStream> connection;
        net::Peer caller;
        std::optional<http1::Inbox> inbox;
        std::optional<http1::ServerStream> stream;
        http1::RequestHead head;
        Cancel cancel;
        bool ended = false;
    };
    Task<void> answering(Exchange& exchange) {
        Result<void> read = co_await exchange.stream->read_head(exchange.head, exchange.arena, worker.scratch, {});
        ingress::Incoming incoming{worker, *exchange.stream, exchange.head, exchange.arena, peer, lifecycle, exchange.cancel, WallTime{}};
        if (read)
            co_await posts.answer(incoming);
        else
            co_await posts.refuse(incoming, read.error());
        exchange.ended = true;
    }
    Exchange& send(const std::string& request) {
        Exchange& exchange = *exchanges.emplace_back(std::make_unique<Exchange>(*this));
        exchange.caller.write(request);
        tasks.spawn(answering(exchange));
        loop.run();
        return exchange;
    }
    std::string ask(const std::string& request) { return send(request).caller.read(); }
    static std::string post(const std::string& body, const std::string& fields = "") {
        return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    static bool is(const std::string& answer, int status, const std::string& part = "") {
        return answer.starts_with("HTTP/1.1 " + std::to_string(status)) && answer.find(part) != std::string::npos;
    }

    ManualLoop loop;
    net::Worker worker{loop.scheduler(), Rng{1}, {}, {}};
    http1::HeadLimits limits;
    net::IpPort peer;
    ingress::Lifecycle lifecycle;
    logging::Redaction redaction;
    middleware::IntakeCounts counts;
    HeldSubmissions held;
    IntakeSettings settings{"shop", redaction, held.submit(), counts, Bytes{1000}, 60s};
    Posts posts{settings};
    std::vector<std::unique_ptr<Exchange>> exchanges;
    TaskGroup tasks;
};

TEST_F(PostsTest, a_post_is_answered_once_its_records_are_safe) {
    Exchange& exchange = send(post(R"([{"a":1},{"a":2}])"));
    EXPECT_EQ(exchange.caller.read(), "");
    ASSERT_EQ(held.taken.size(), 1U);
    EXPECT_EQ(records_of(held.taken[0]), 2U);
    held.answer({});
    loop.run();
    EXPECT_TRUE(is(exchange.caller.read(), 202, "{\"accepted\":2}"));
    EXPECT_EQ(counts.accepted, 2U);
}

TEST_F(PostsTest, a_body_may_come_in_pieces_and_in_chunks) {
    held.at_once = true;
    Exchange& exchange = send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n");
    exchange.caller.write("4\r\n\":1}\r\n");
    loop.run();
    exchange.caller.write("0\r\n\r\n");
    loop.run();
    EXPECT_TRUE(is(exchange.caller.read(), 202));
    EXPECT_NE(held.lines().find("\"a\":1"), std::string::npos);
}

TEST_F(PostsTest, whoever_waits_to_be_told_to_send_is_told) {
    held.at_once = true;
    Exchange& exchange = send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_TRUE(is(exchange.caller.read(), 100));
    exchange.caller.write("{}");
    loop.run();
    EXPECT_TRUE(is(exchange.caller.read(), 202));
}

TEST_F(PostsTest, when_there_is_no_room_a_post_is_refused_for_the_moment) {
    held.full = true;
    EXPECT_TRUE(is(ask(post("{}")), 429, "Retry-After: 1\r\n"));
    held.full = false;
    Exchange& exchange = send(post("{}"));
    held.answer(Fault{Reason::overloaded});
    loop.run();
    EXPECT_TRUE(is(exchange.caller.read(), 429, "rate_limited"));
    EXPECT_EQ(counts.refused_full, 2U);
    EXPECT_EQ(counts.accepted, 0U);
}

TEST_F(PostsTest, what_is_wrong_is_said_and_nothing_is_kept) {
    EXPECT_TRUE(is(ask(post("{}{")), 400, "record 2, byte 4"));
    EXPECT_TRUE(is(ask(post(std::string(1001, ' '))), 413, "logs.intake.body_bytes"));
    EXPECT_TRUE(is(ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, ' ') + "\r\n0\r\n\r\n"), 413,
                   "Connection: close"));
    EXPECT_TRUE(is(ask(post("{}", "Content-Encoding: br\r\n")), 501));
    EXPECT_TRUE(is(ask(post("{}", "Content-Encoding: gzip\r\n")), 400));
    EXPECT_TRUE(is(ask("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"), 405, "Allow: POST"));
    EXPECT_TRUE(is(ask("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), 405, "Connection: close"));
    EXPECT_TRUE(is(ask("no request\r\n\r\n"), 400));
    EXPECT_TRUE(is(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 200, "POST log records"));
    EXPECT_TRUE(held.taken.empty());
}

TEST_F(PostsTest, an_empty_array_needs_no_commit) {
    EXPECT_TRUE(is(ask(post("[]")), 202, "{\"accepted\":0}"));
    EXPECT_TRUE(held.taken.empty());
}

TEST_F(PostsTest, an_answer_may_come_after_everybody_has_left) {
    Exchange& exchange = send(post("{}"));
    exchange.cancel.cancel(Fault{Reason::draining, "cut"});
    loop.run();
    EXPECT_TRUE(exchange.ended);
    held.answer({});
    loop.run();
    EXPECT_EQ(counts.accepted, 0U);   // nobody was told
}

TEST_F(PostsTest, a_commit_that_hangs_is_not_waited_for_for_ever) {
    Exchange& exchange = send(post("{}"));
    loop.advance(61s);
    EXPECT_TRUE(is(exchange.caller.read(), 504));
    held.answer({});
    loop.run();
}

TEST_F(PostsTest, while_draining_every_answer_closes_its_connection) {
    held.at_once = true;
    lifecycle.draining = true;
    EXPECT_TRUE(is(ask(post("{}")), 202, "Connection: close"));
}

}   // namespace
}   // namespace outrigger::intake
