// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/http_observer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <outrigger/core/manual_clock.hpp>
#include "kept_records.hpp"

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view caller_s = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class HttpObserverTest : public ::testing::Test {
protected:
    HttpObserver observer(HttpObserverSettings settings = {}) {
        settings.clock = &clock;
        return HttpObserver{*registry, log, settings};
    }
    std::string page() const { return registry->text_page(); }

    ManualClock clock;
    std::shared_ptr<KeptRecords> records = std::make_shared<KeptRecords>();
    logging::Logger log{{.service = "orders", .sinks = {records}, .redact = {"token"}}};
    std::optional<metrics::Registry> registry{std::in_place};
};

TEST_F(HttpObserverTest, an_exchange_is_a_metric_and_a_line) {
    const HttpObserver server = observer();
    HttpExchange exchange = server.begin({.method = "GET",
                                          .target = "/orders/7?full=1&token=secret",
                                          .client_ip = "10.0.0.9",
                                          .client_port = 51234,
                                          .host = "orders:8080",
                                          .user_agent = "curl/8",
                                          .http_version = "1.1",
                                          .request_id = "r-1",
                                          .traceparent = caller_s});
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 1\n"));
    exchange.route("/orders/:id");
    clock.advance(12ms);
    exchange.end({.status = 200, .request_body = Bytes{0}, .response_body = Bytes{512}});

    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 0\n"));
    EXPECT_THAT(page(), HasSubstr("http_server_request_duration_seconds_sum{http_request_method=\"GET\",http_route="
                                  "\"/orders/{id}\",http_response_status_code=\"200\"} 0.012\n"));
    EXPECT_THAT(page(), HasSubstr("http_server_response_body_size_bytes_sum{http_request_method=\"GET\",http_route="
                                  "\"/orders/{id}\",http_response_status_code=\"200\"} 512\n"));
    const std::string line = records->only();
    EXPECT_THAT(line, HasSubstr(R"("message":"GET /orders/7 200 in 12.0 ms")"));
    EXPECT_THAT(line, HasSubstr(R"("service":{"name":"orders"})"));
    EXPECT_THAT(line, HasSubstr(R"("request":{"id":"r-1","method":"GET","body":{"bytes":0}})"));
    EXPECT_THAT(line, HasSubstr(R"("query":"full=1&token=[redacted]")"));
    EXPECT_THAT(line, HasSubstr(R"("client":{"ip":"10.0.0.9","port":51234})"));
    EXPECT_THAT(line, HasSubstr(R"("user_agent":{"original":"curl/8"})"));
    EXPECT_THAT(line, HasSubstr(R"("trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"})"));
    EXPECT_THAT(line, HasSubstr(R"("parent_span":"00f067aa0ba902b7")"));
    EXPECT_THAT(line, HasSubstr(R"("dataset":"outrigger.access")"));
}

TEST_F(HttpObserverTest, what_was_asked_for_need_not_live_as_long_as_the_exchange) {
    const HttpObserver server = observer();
    auto target = std::make_unique<std::string>("/a/path/that/is/longer/than/a/small/string");
    HttpExchange exchange = server.begin({.method = "GET", .target = *target});
    target.reset();
    exchange.end({.status = 200});
    EXPECT_THAT(records->only(), HasSubstr("/a/path/that/is/longer/than/a/small/string"));
}

TEST_F(HttpObserverTest, ids_are_the_caller_s_or_made_and_outlive_a_move) {
    const HttpObserver server = observer();
    HttpExchange made = server.begin({.method = "GET", .target = "/"});
    EXPECT_EQ(made.request_id().size(), 32u);
    EXPECT_EQ(made.request_id(), made.trace_id());
    EXPECT_EQ(made.span_id().size(), 16u);
    const std::string_view id = made.request_id();
    HttpExchange moved = std::move(made);
    EXPECT_EQ(moved.request_id().data(), id.data());

    HttpExchange continued =
        server.begin({.method = "GET", .target = "/", .request_id = "no good", .traceparent = caller_s});
    EXPECT_EQ(continued.trace_id(), caller_s.substr(3, 32));
    EXPECT_NE(continued.span_id(), caller_s.substr(36, 16));
    EXPECT_EQ(continued.request_id().size(), 32u);
    EXPECT_NE(continued.request_id(), continued.trace_id());
    EXPECT_THAT(std::string{continued.traceparent()}, HasSubstr(std::string{continued.span_id()}));
    moved.discard();
    continued.discard();
}

TEST_F(HttpObserverTest, an_exchange_without_a_route_has_a_learned_one) {
    const HttpObserver server = observer();
    server.begin({.method = "GET", .target = "/users/42?x=1"}).end({.status = 200});
    server.begin({.method = "GET", .target = "/wp-admin/setup.php"}).end({.status = 404});
    EXPECT_THAT(page(), HasSubstr("http_route=\"/users/{id}\""));
    EXPECT_THAT(page(), HasSubstr("http_route=\"other\",http_response_status_code=\"404\""));
    EXPECT_THAT(page(), Not(HasSubstr("wp-admin")));
}

TEST_F(HttpObserverTest, a_route_can_be_looked_up_once_for_all_requests) {
    const HttpObserver server = observer();
    const metrics::HttpRoute route = server.route("/orders/:id");
    HttpExchange exchange = server.begin({.method = "GET", .target = "/orders/7"});
    exchange.route(route);
    exchange.end({.status = 200});
    EXPECT_THAT(page(), HasSubstr("http_route=\"/orders/{id}\""));
}

TEST_F(HttpObserverTest, an_exception_is_an_error_record_and_in_the_line_and_counted) {
    const HttpObserver server = observer();
    HttpExchange exchange = server.begin({.method = "POST", .target = "/orders", .request_id = "r-9"});
    exchange.failed(std::runtime_error{"no such table"});
    EXPECT_THAT(records->only(), HasSubstr(R"("log.level":"error","message":"serving a request has thrown")"));
    EXPECT_THAT(records->only(), HasSubstr(R"("type":"std::runtime_error")"));
    EXPECT_THAT(records->only(), HasSubstr(R"("id":"r-9")"));
    exchange.end({.status = 500});
    ASSERT_EQ(records->all().size(), 2u);
    EXPECT_THAT(records->all()[1], HasSubstr(R"("detail":"no such table")"));
    EXPECT_THAT(page(), HasSubstr("http_response_status_code=\"500\",error_type=\"500\"} 1\n"));

    HttpExchange other = server.begin({.method = "POST", .target = "/orders"});
    other.failed("an int");
    other.end({.status = 500});
    EXPECT_THAT(records->all()[2], HasSubstr(R"("error":{"message":"an int"})"));
}

TEST_F(HttpObserverTest, an_abandoned_exchange_is_counted_as_left_by_its_caller) {
    const HttpObserver server = observer();
    { const HttpExchange exchange = server.begin({.method = "GET", .target = "/slow"}); }
    EXPECT_THAT(records->only(), HasSubstr(R"("reason":"caller_left")"));
    EXPECT_THAT(page(), HasSubstr("error_type=\"caller_left\"} 1\n"));
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 0\n"));
}

TEST_F(HttpObserverTest, a_discarded_exchange_never_was) {
    const HttpObserver server = observer();
    HttpExchange exchange = server.begin({.method = "GET", .target = "/metrics"});
    exchange.discard();
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 0\n"));
    EXPECT_THAT(page(), Not(HasSubstr("duration_seconds_count{")));
    EXPECT_TRUE(records->all().empty());
}

TEST_F(HttpObserverTest, a_stream_s_duration_is_the_time_to_its_head) {
    const HttpObserver server = observer();
    HttpExchange exchange = server.begin({.method = "GET", .target = "/events"});
    clock.advance(5ms);
    exchange.stream_began(metrics::StreamKind::event_stream);
    EXPECT_THAT(page(), HasSubstr("outrigger_streams_active{kind=\"event_stream\"} 1\n"));
    clock.advance(60s);
    exchange.end({.status = 200});
    EXPECT_THAT(page(), HasSubstr("outrigger_streams_active{kind=\"event_stream\"} 0\n"));
    EXPECT_THAT(page(), HasSubstr("outrigger_stream_duration_seconds_sum{kind=\"event_stream\"} 60\n"));
    EXPECT_THAT(page(), HasSubstr("duration_seconds_sum{http_request_method=\"GET\",http_route=\"/events\","
                                  "http_response_status_code=\"200\"} 0.005\n"));
}

TEST_F(HttpObserverTest, x_forwarded_for_is_believed_only_of_proxies_that_are_known) {
    const IncomingRequest request{.method = "GET",
                                  .target = "/",
                                  .client_ip = "10.0.0.1",
                                  .client_port = 5,
                                  .forwarded_for = "6.6.6.6, 192.0.2.7"};
    observer().begin(request).end({.status = 200});
    EXPECT_THAT(records->only(), HasSubstr(R"("client":{"ip":"10.0.0.1","port":5})"));
    observer({.proxies_in_front = 1}).begin(request).end({.status = 200});
    EXPECT_THAT(records->all()[1], HasSubstr(R"("client":{"ip":"192.0.2.7"})"));
    observer({.proxies_in_front = 3}).begin(request).end({.status = 200});
    EXPECT_THAT(records->all()[2], HasSubstr(R"("client":{"ip":"10.0.0.1","port":5})"));
}

TEST_F(HttpObserverTest, the_access_policy_decides_about_lines_and_the_level_does_not) {
    log.set_level(logging::Level::error);
    observer().begin({.method = "GET", .target = "/"}).end({.status = 200});
    EXPECT_EQ(records->all().size(), 1u);
    observer({.access = AccessPolicy::errors()}).begin({.method = "GET", .target = "/"}).end({.status = 200});
    EXPECT_EQ(records->all().size(), 1u);
}

TEST_F(HttpObserverTest, servers_that_share_a_registry_are_added_up) {
    const HttpObserver one = observer();
    const HttpObserver other = observer();
    one.begin({.method = "GET", .target = "/a"}).end({.status = 200});
    other.begin({.method = "GET", .target = "/a"}).end({.status = 200});
    EXPECT_THAT(page(), HasSubstr("http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route="
                                  "\"/a\",http_response_status_code=\"200\"} 2\n"));
    EXPECT_THAT(page(), HasSubstr("outrigger_scrape_source_errors_total{cause=\"duplicate_series\"} 0\n"));
    EXPECT_THROW(observer({.series_max = 7}), std::invalid_argument);
}

TEST_F(HttpObserverTest, registry_logger_and_observer_may_end_before_an_exchange) {
    auto own = std::make_unique<logging::Logger>(logging::LoggerSettings{.service = "orders", .sinks = {records}});
    auto server = std::make_unique<HttpObserver>(*registry, *own, HttpObserverSettings{.clock = &clock});
    HttpExchange exchange = server->begin({.method = "GET", .target = "/"});
    registry.reset();
    own.reset();
    exchange.route("/");
    server.reset();
    exchange.failed("late");
    exchange.end({.status = 500});
    EXPECT_EQ(records->all().size(), 2u);
}

TEST_F(HttpObserverTest, a_thread_that_works_for_an_exchange_logs_its_ids) {
    const HttpObserver server = observer();
    HttpExchange outer = server.begin({.method = "GET", .target = "/", .request_id = "outer"});
    EXPECT_EQ(WorkingFor::current_request_id(), "");
    {
        const WorkingFor scope{outer};
        log.info("placed");
        EXPECT_THAT(records->only(), HasSubstr(std::string{outer.trace_id()}));
        EXPECT_THAT(records->only(), HasSubstr(std::string{outer.span_id()}));
        EXPECT_THAT(records->only(), HasSubstr(R"("id":"outer")"));
        HttpExchange inner = server.begin({.method = "GET", .target = "/", .request_id = "inner"});
        {
            const WorkingFor within{inner};
            EXPECT_EQ(WorkingFor::current_request_id(), "inner");
            EXPECT_EQ(WorkingFor::current_traceparent(), inner.traceparent());
        }
        EXPECT_EQ(WorkingFor::current_request_id(), "outer");
        inner.discard();
    }
    EXPECT_EQ(WorkingFor::current_traceparent(), "");
    outer.discard();
}

TEST_F(HttpObserverTest, exchanges_begin_on_one_thread_and_end_on_another) {
    const HttpObserver server = observer();
    constexpr int threads = 8;
    constexpr int each = 200;
    std::vector<std::vector<HttpExchange>> begun(threads);
    const auto everywhere = [](auto work) {
        std::vector<std::thread> all;
        for (std::size_t i = 0; i < threads; ++i) all.emplace_back(work, i);
        for (auto& thread : all) thread.join();
    };
    everywhere([&](std::size_t mine) {
        for (int i = 0; i < each; ++i) begun[mine].push_back(server.begin({.method = "GET", .target = "/users/7"}));
    });
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 1600\n"));
    everywhere([&](std::size_t mine) {
        for (HttpExchange& exchange : begun[(mine + 3) % threads]) {
            exchange.route(mine % 2 == 0 ? "/users/:id" : "/users/{id}");
            exchange.end({.status = 200});
        }
    });
    EXPECT_EQ(records->all().size(), std::size_t{threads} * each);
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 0\n"));
    EXPECT_THAT(page(), HasSubstr("http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route="
                                  "\"/users/{id}\",http_response_status_code=\"200\"} 1600\n"));
}

TEST_F(HttpObserverTest, a_log_that_is_full_costs_lines_and_nothing_else) {
    records->refuse = true;
    observer().begin({.method = "GET", .target = "/"}).end({.status = 500});
    EXPECT_TRUE(records->all().empty());
    EXPECT_EQ(log.stats().refused[2], 1u);
    EXPECT_THAT(page(), HasSubstr("error_type=\"500\"} 1\n"));
}

}   // namespace
}   // namespace outrigger::middleware
