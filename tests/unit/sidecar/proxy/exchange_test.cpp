// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/exchange.hpp"

#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::proxy {
namespace {

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";

class ExchangeTest : public ProxyBench {
protected:
    // Begins to send the request's body to a new connection of the endpoint's.
    void upload(Exchange::Keep keep = Exchange::Keep::nothing) {
        to.emplace(connect());
        to->stream().write_head(head, arena);
        exchange->start_upload(to->stream(), keep);
    }
    // Gives the upload up and waits until it has ended.
    void stop() {
        exchange->stop_upload();
        loop.run();
        EXPECT_FALSE(exchange->upload().running());
    }
    void finish() {
        tasks.spawn(joining());
        loop.run();
        EXPECT_TRUE(joined);
    }
    [[nodiscard]] std::optional<Reason> cancelled() {
        const Fault* why = exchange->cancel().requested();
        return why ? std::optional{why->reason} : std::nullopt;
    }

    std::optional<upstream::Lease> to;
    bool joined = false;

private:
    Task<void> joining() {
        co_await exchange->upload().join();
        joined = true;
    }
};

TEST_F(ExchangeTest, without_a_body_it_is_whole_when_it_arrives_and_its_time_runs) {
    begin(get);
    EXPECT_TRUE(exchange->request_whole());
    EXPECT_EQ(exchange->wait().deadline, in(30s));
    EXPECT_EQ(exchange->wait().expiry, Reason::timeout);
    EXPECT_EQ(exchange->arrived(), loop.clock().now());
}

TEST_F(ExchangeTest, with_a_body_its_time_runs_from_the_last_byte) {
    begin(post);
    EXPECT_FALSE(exchange->request_whole());
    EXPECT_EQ(exchange->wait().deadline, never);
    const Wait& wait = exchange->wait();
    upload();
    loop.advance(50s);
    caller.write("hell");
    loop.advance(50s);
    EXPECT_EQ(wait.deadline, never);
    caller.write("o");
    loop.run();
    EXPECT_TRUE(exchange->request_whole());
    EXPECT_EQ(wait.deadline, in(30s));
    EXPECT_EQ(exchange->request_body.bytes, 5u);
    finish();
}

TEST_F(ExchangeTest, connecting_is_bounded_even_while_the_request_is_still_arriving) {
    begin(post);
    EXPECT_EQ(exchange->connect_wait().deadline, in(30s));
    accept();
    begin(get);
    loop.advance(20s);
    EXPECT_EQ(exchange->connect_wait().deadline, in(10s)) << "the call's own limit comes first";
}

Task<void> wait_for_head(Exchange& exchange, Gate& gate, std::optional<Result<void>>& ended) {
    exchange.awaits_head_on(&gate);
    ended = co_await gate.wait(exchange.wait());
    exchange.awaits_head_on(nullptr);
}

TEST_F(ExchangeTest, the_last_byte_sets_the_deadline_of_a_wait_in_progress_too) {
    begin(post);
    upload();
    std::optional<Result<void>> ended;
    tasks.spawn(wait_for_head(*exchange, to->stream().readable(), ended));
    loop.advance(59s);
    caller.write("hello");
    loop.run();
    loop.advance(30s - 1ns);
    EXPECT_FALSE(ended.has_value());
    loop.advance(1ns);
    ASSERT_TRUE(ended.has_value());
    EXPECT_EQ(ended->error().reason, Reason::timeout);
}

TEST_F(ExchangeTest, a_caller_who_leaves_after_the_request_was_whole_cancels_it) {
    begin(get);
    caller.close();
    EXPECT_EQ(cancelled(), Reason::caller_left);
}

TEST_F(ExchangeTest, one_who_has_left_before_it_began_cancels_it_at_once) {
    ASSERT_EQ(caller.write(get), "");
    caller.close();
    receive("");
    exchange.emplace(worker, *downstream, head, arena, limits, replay_budget, route, who, connection_cancel);
    EXPECT_EQ(cancelled(), Reason::caller_left);
}

// A caller may shut its sending side down behind the request; before the request is whole that says nothing.
TEST_F(ExchangeTest, the_end_of_the_caller_s_bytes_says_nothing_before_all_of_them_were_read) {
    begin(std::string{post} + "hello");
    caller.shut_down_writing();
    EXPECT_EQ(cancelled(), std::nullopt);
    upload();
    loop.run();
    EXPECT_EQ(cancelled(), Reason::caller_left) << "now it is known that nobody waits";
    EXPECT_TRUE(contains(endpoints.back().read(), "hello"));
    finish();
}

TEST_F(ExchangeTest, a_caller_who_breaks_off_its_body_cancels_it) {
    begin(post);
    upload();
    caller.write("hel");
    caller.close();
    loop.run();
    EXPECT_EQ(cancelled(), Reason::caller_left);
    EXPECT_FALSE(exchange->request_whole());
    finish();
}

TEST_F(ExchangeTest, a_body_that_is_no_http_cancels_it_with_what_is_wrong) {
    begin("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    upload();
    EXPECT_EQ(cancelled(), Reason::bad_request);
    finish();
}

TEST_F(ExchangeTest, a_body_above_the_limit_cancels_it) {
    limits.body_bytes = Bytes{3};
    begin("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    upload();
    EXPECT_EQ(cancelled(), Reason::body_too_large);
    finish();
}

// The endpoint may have answered before it closed: its reply is what the exchange waits for, but not for
// ever.
TEST_F(ExchangeTest, an_endpoint_that_takes_no_more_does_not_cancel_it_but_its_reply_is_due) {
    begin(post);
    upload();
    endpoints.back().close();
    caller.write("hello");
    loop.run();
    EXPECT_EQ(cancelled(), std::nullopt);
    EXPECT_FALSE(exchange->request_whole());
    EXPECT_EQ(exchange->wait().deadline, in(30s));
    finish();
}

TEST_F(ExchangeTest, an_endpoint_that_stops_reading_for_too_long_makes_its_reply_due) {
    connector->capacity = 100;
    begin("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
    upload();
    std::optional<Result<void>> ended;
    tasks.spawn(wait_for_head(*exchange, to->stream().readable(), ended));
    loop.advance(60s);
    EXPECT_FALSE(ended.has_value());
    EXPECT_EQ(exchange->wait().deadline, in(30s));
    loop.advance(30s);
    ASSERT_TRUE(ended.has_value()) << "it would wait for ever";
    EXPECT_EQ(ended->error().reason, Reason::timeout);
    finish();
}

TEST_F(ExchangeTest, a_caller_who_leaves_after_the_endpoint_stopped_reading_is_noticed) {
    begin(post);
    upload();
    endpoints.back().close();
    caller.write("hel");
    loop.run();
    EXPECT_EQ(cancelled(), std::nullopt);
    caller.close();
    EXPECT_EQ(cancelled(), Reason::caller_left);
    finish();
}

TEST_F(ExchangeTest, the_upload_can_be_given_up) {
    begin(post);
    upload();
    EXPECT_TRUE(exchange->upload().running());
    exchange->stop_upload();
    EXPECT_TRUE(exchange->upload().running()) << "never inline";
    finish();
    EXPECT_FALSE(exchange->request_whole());
}

TEST_F(ExchangeTest, what_was_not_kept_cannot_be_replayed) {
    begin(post);
    EXPECT_TRUE(exchange->replayable());
    upload();
    EXPECT_FALSE(exchange->replayable());
    exchange->stop_upload();
    finish();
}

TEST_F(ExchangeTest, a_replay_sends_what_has_gone_before_and_then_the_rest) {
    begin(std::string{post} + "he");
    upload(Exchange::Keep::for_replay);
    EXPECT_TRUE(endpoints.back().read().ends_with("\r\n\r\nhe"));
    stop();
    EXPECT_TRUE(exchange->replayable());
    upload();
    EXPECT_TRUE(endpoints.back().read().ends_with("\r\n\r\nhe"));
    caller.write("llo");
    loop.run();
    EXPECT_EQ(endpoints.back().read(), "llo");
    EXPECT_TRUE(exchange->request_whole());
    EXPECT_EQ(exchange->request_body.bytes, 5u) << "the caller sent them once";
    finish();
}

TEST_F(ExchangeTest, a_replay_of_a_whole_request_does_not_move_its_deadline) {
    begin(std::string{post} + "hello");
    upload(Exchange::Keep::for_replay);
    ASSERT_TRUE(exchange->request_whole());
    const Instant deadline = exchange->wait().deadline;
    loop.advance(5s);
    upload();
    EXPECT_TRUE(endpoints.back().read().ends_with("\r\n\r\nhello"));
    EXPECT_EQ(exchange->wait().deadline, deadline);
    finish();
}

TEST_F(ExchangeTest, more_than_the_replay_limit_is_not_kept) {
    replay_budget.request = Bytes{100};
    begin(std::string{post} + "hello");
    upload(Exchange::Keep::for_replay);
    EXPECT_TRUE(exchange->replayable());
    EXPECT_GT(replay_budget.in_use, 0u);
    finish();
    accept();
    EXPECT_EQ(replay_budget.in_use, 0u) << "given back";
    begin("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'));
    upload(Exchange::Keep::for_replay);
    EXPECT_FALSE(exchange->replayable());
    finish();
}

TEST_F(ExchangeTest, a_connection_that_is_cut_cancels_it_but_not_the_other_way_round) {
    begin(get);
    exchange->cancel().cancel(Fault{Reason::timeout, ""});
    EXPECT_EQ(connection_cancel.requested(), nullptr);
    accept();
    begin(get);
    connection_cancel.cancel(Fault{Reason::draining, "cut"});
    EXPECT_EQ(cancelled(), Reason::draining);
}

TEST_F(ExchangeTest, after_its_end_the_caller_is_no_longer_watched) {
    begin(get);
    exchange.reset();
    caller.close();
}

TEST_F(ExchangeTest, takes_the_caller_s_request_id_over) {
    begin("GET /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-123\r\n\r\n");
    EXPECT_EQ(exchange->request_id(), "abc-123");
}

TEST_F(ExchangeTest, makes_a_request_id_where_there_is_none_or_an_unusable_one) {
    for (const std::string& field : {std::string{}, std::string{"X-Request-Id: a b\r\n"},
                                     "X-Request-Id: " + std::string(129, 'x') + "\r\n"}) {
        accept();
        begin("GET /x HTTP/1.1\r\nHost: a\r\n" + field + "\r\n");
        EXPECT_EQ(exchange->request_id().size(), 32u);
        EXPECT_EQ(exchange->request_id().find_first_not_of("0123456789abcdef"), std::string_view::npos);
        worker.scratch.read.fill('?');
        EXPECT_FALSE(contains(exchange->request_id(), "?"));
    }
}

TEST_F(ExchangeTest, belongs_to_the_caller_s_trace) {
    begin(
        "GET /x HTTP/1.1\r\nHost: a\r\ntraceparent: "
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n");
    EXPECT_EQ(exchange->trace().trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
}

}   // namespace
}   // namespace outrigger::proxy
