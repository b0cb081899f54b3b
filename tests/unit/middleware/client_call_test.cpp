// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/client_call.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/logging/context.hpp>
#include <outrigger/middleware/http_observer.hpp>
#include <outrigger/resilience/pipeline.hpp>

#include "kept_lines.hpp"

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using namespace resilience;

constexpr std::string_view trace = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST(CallIdsTest, without_a_context_a_trace_and_a_request_begin) {
    const CallIds ids{Rng{1}};
    EXPECT_EQ(ids.traceparent().size(), 55U);
    EXPECT_EQ(ids.traceparent(), "00-" + std::string{ids.trace_id()} + '-' + std::string{ids.span_id()} + "-01");
    EXPECT_EQ(ids.trace_id().find_first_not_of("0123456789abcdef"), std::string_view::npos);
    EXPECT_EQ(ids.request_id().size(), 32U);
    EXPECT_NE(CallIds{Rng{2}}.trace_id(), ids.trace_id());
}

TEST(CallIdsTest, a_call_is_a_child_of_the_context) {
    const logging::TraceContext context{{.trace = trace, .span = "00f067aa0ba902b7", .request = "r-1"}};
    const CallIds ids{Rng{1}};
    EXPECT_EQ(ids.trace_id(), trace);
    EXPECT_NE(ids.span_id(), "00f067aa0ba902b7");
    EXPECT_EQ(ids.request_id(), "r-1");
}

TEST(CallIdsTest, a_trace_without_a_span_is_continued_all_the_same) {
    const logging::TraceContext context{{.trace = trace}};
    EXPECT_EQ(CallIds{Rng{1}}.trace_id(), trace);
}

TEST(CallIdsTest, a_call_continues_the_trace_of_the_exchange_that_the_thread_works_for_sampled_or_not) {
    metrics::Registry registry;
    const HttpObserver observer{registry,
                                logging::Logger{{.service = "orders", .sinks = {std::make_shared<KeptLines>()}}}};
    HttpExchange exchange = observer.begin({.method = "GET", .target = "/", .request_id = "r-2",
                                            .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"});
    {
        const WorkingFor scope{exchange};
        const CallIds ids{Rng{1}};
        EXPECT_EQ(ids.trace_id(), trace);
        EXPECT_TRUE(ids.traceparent().ends_with("-00"));
        EXPECT_EQ(ids.request_id(), "r-2");
        const logging::TraceContext other{{.trace = "0123456789abcdef0123456789abcdef", .span = "0123456789abcdef"}};
        EXPECT_EQ(CallIds{Rng{1}}.trace_id(), "0123456789abcdef0123456789abcdef");
    }
    exchange.end({.status = 200});
}

TEST(CallIdsTest, ids_that_would_break_a_request_are_replaced) {
    const logging::TraceContext context{{.trace = "no trace", .request = "r\r\nX-Evil: 1"}};
    const CallIds ids{Rng{1}};
    EXPECT_EQ(ids.trace_id().size(), 32U);
    EXPECT_EQ(ids.request_id().size(), 32U);
}

TEST(TimeLeft, is_rounded_up_and_never_zero) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "calls", .clock = &clock});
    const auto left = [&](Instant deadline) {
        return *calls.run([&](Call& call) { return time_left(call, clock.now()); }, {.deadline = deadline});
    };
    EXPECT_EQ(left(never), std::nullopt);
    EXPECT_EQ(left(clock.now() + 1500us), 3ms);
    EXPECT_EQ(left(clock.now() + 2ms), 4ms);
    EXPECT_EQ(left(clock.now() + 1ns), 2ms);
    EXPECT_EQ(left(clock.now() + 10s), 10'012ms);
    EXPECT_LE(*left(clock.now() + 20'000h), 24 * 25h);
}

TEST(AssessReply, a_pause_is_read_where_the_status_asks_for_one) {
    const auto told = [](int status, std::string_view field) {
        ManualBlockingClock clock;
        auto calls =
            pipeline({.name = "calls", .clock = &clock}, Retry{.attempts = 2, .backoff = {.first = 1ms, .max = 1ms}});
        (void)calls.run([&](Call& call) { assess_reply(call, status, field, clock.wall()); });
        return clock.waits().empty() ? Duration{-1} : clock.waits().front().end - clock.waits().front().from;
    };
    EXPECT_GE(told(503, "2"), 2s);
    EXPECT_LT(told(503, ""), 2s);
    EXPECT_GE(told(429, "3"), 3s);
    EXPECT_EQ(told(429, "soon"), Duration{-1});   // no pause, no retry
    EXPECT_EQ(told(200, "2"), Duration{-1});
}

class ClientCallTest : public ::testing::Test {
protected:
    ManualBlockingClock clock;
    std::shared_ptr<KeptLines> kept = std::make_shared<KeptLines>();
    logging::Logger log{{.service = "orders", .sinks = {kept}}};
    metrics::Registry registry;
    ClientTelemetry telemetry{registry, log};
    const std::string users = "users";
};

TEST_F(ClientCallTest, its_line_has_the_path_and_no_query) {
    ClientCall call{users, "GET", "/users/7?token=secret", {.route = "/users/{id}", .telemetry = &telemetry}, clock};
    clock.advance(5ms);
    call.replied(200, Bytes{3});
    const std::string line = kept->take();
    EXPECT_NE(line.find("GET /users/7 of users 200 in 5.0 ms"), std::string::npos) << line;
    EXPECT_EQ(line.find("secret"), std::string::npos) << line;
    EXPECT_NE(line.find(std::string{call.ids().request_id()}), std::string::npos) << line;
}

TEST_F(ClientCallTest, one_that_an_exception_ended_says_so) {
    { const ClientCall call{users, "GET", "/", {.telemetry = &telemetry}, clock}; }
    EXPECT_NE(kept->take().find("call_failed"), std::string::npos);
}

TEST_F(ClientCallTest, without_telemetry_nothing_is_said) {
    ClientCall call{users, "GET", "/", {}, clock};
    call.failed({Reason::timeout});
    EXPECT_EQ(kept->take(), "");
}

}   // namespace
}   // namespace outrigger::middleware
