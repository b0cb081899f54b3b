// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/inbound.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include <outrigger/logging/writer.hpp>
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/registry.hpp>

#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::ingress {
namespace {

using namespace std::chrono_literals;

class InboundTest : public proxy::ProxyBench {
protected:
    InboundTest() {
        metrics.absorb(instruments.source());
        writer.start();
        peer = net::IpPort{net::resolve("192.0.2.7", 40'000).value().front()};
    }
    void start(std::string_view request) {
        receive(request);
        incoming.emplace(Incoming{worker, *downstream, head, arena, peer, lifecycle, connection_cancel,
                                  loop.clock().wall()});
        tasks.spawn(inbound.answer(*incoming));
        loop.run();
    }
    void refuse(const Fault& fault) {
        downstream.emplace(*connection, *inbox, head_limits);
        incoming.emplace(Incoming{worker, *downstream, head, arena, peer, lifecycle, connection_cancel,
                                  loop.clock().wall()});
        tasks.spawn(inbound.refuse(*incoming, fault));
        loop.run();
    }
    void from_endpoint(std::string_view bytes) {
        endpoints.back().write(bytes);
        loop.run();
    }
    // The lines that were logged so far.
    std::string log() {
        EXPECT_TRUE(writer.flush(5s));
        std::string text(64 * 1024, '\0');
        const ssize_t size = ::pread(file.number(), text.data(), text.size(), 0);
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        return text;
    }

    InboundSettings settings{.limits = {.timeout = 30s, .idle = 60s, .body_bytes = Bytes{}},
                             .stream_idle = 1h};
    std::vector<std::string> templates{"/users/{id}"};
    route::Table routes{templates};
    metrics::LearnedRoutes learned{2};
    metrics::Registry metrics;
    metrics::HttpServerInstruments instruments;
    metrics::HttpServerRecorder recorder{instruments.recorder()};
    net::Fd file{::memfd_create("log", MFD_CLOEXEC)};
    logging::Writer writer{file.number()};
    middleware::ExchangeTelemetry telemetry{recorder, writer, "orders", middleware::AccessPolicy::all()};
    Journal journal{{.slow = 1s}};
    Inbound inbound{settings, routes, learned, cluster, telemetry, journal};
    Lifecycle lifecycle;
    net::IpPort peer;
    std::optional<Incoming> incoming;
};

TEST_F(InboundTest, an_exchange_is_one_log_line_and_one_observation) {
    start(
        "GET /users/7?full=1 HTTP/1.1\r\nHost: shop:8080\r\nUser-Agent: probe/1\r\nX-Request-Id: abc\r\n"
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n");
    EXPECT_TRUE(
        contains(metrics.text_page(), "http_server_active_requests{http_request_method=\"GET\"} 1\n"));
    loop.advance(250ms);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    const std::string line = log();
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    for (const char* part :
         {"\"name\":\"orders\"", "\"method\":\"GET\"", "\"path\":\"/users/7\"", "\"query\":\"full=1\"",
          "\"status_code\":200", "\"id\":\"abc\"", "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7",
          "\"ip\":\"192.0.2.7\"", "40000", "probe/1", "\"duration\":250000000", "shop:80"})
        EXPECT_TRUE(contains(line, part)) << part << " in " << line;
    const std::string page = metrics.text_page();
    EXPECT_TRUE(contains(page, "http_server_active_requests{http_request_method=\"GET\"} 0\n"));
    EXPECT_TRUE(contains(
        page,
        "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"/users/{id}\","
        "http_response_status_code=\"200\"} 1\n"))
        << page;
}

TEST_F(InboundTest, the_route_of_a_path_that_no_template_matches_is_learned) {
    start("GET /orders/7 HTTP/1.1\r\nHost: a\r\n\r\n");
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(contains(metrics.text_page(), "http_route=\"/orders/{id}\"")) << metrics.text_page();
    EXPECT_TRUE(contains(log(), "\"route\":\"/orders/{id}\""));
}

TEST_F(InboundTest, a_path_that_the_app_does_not_know_is_other) {
    start("GET /wp-login.php HTTP/1.1\r\nHost: a\r\n\r\n");
    from_endpoint("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(contains(metrics.text_page(), "http_route=\"other\"")) << metrics.text_page();
    EXPECT_EQ(learned.size(), 0U);
}

TEST_F(InboundTest, our_own_answer_is_counted_with_its_reason) {
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    start("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 502 "));
    EXPECT_TRUE(contains(log(), "connect_failed"));
    EXPECT_TRUE(contains(metrics.text_page(), "error_type=\"connect_failed\""));
}

TEST_F(InboundTest, a_caller_who_left_is_counted_as_499_and_sent_nothing) {
    start("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    caller.shut_down_writing();
    loop.run();
    EXPECT_EQ(caller.read(), "");
    EXPECT_TRUE(contains(log(), "\"status_code\":499"));
    EXPECT_TRUE(contains(metrics.text_page(), "error_type=\"caller_left\""));
}

TEST_F(InboundTest, what_this_version_does_not_carry_is_said_and_reaches_nobody) {
    start("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 501 ")) << reply;
    EXPECT_TRUE(contains(reply, "\r\nConnection: close\r\n")) << "what followed was meant for the tunnel";
    EXPECT_FALSE(downstream->keeps_alive());
    EXPECT_TRUE(endpoints.empty());
}

TEST_F(InboundTest, what_it_costs_itself_is_told_from_what_it_waited_for) {
    start("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    loop.advance(3s);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    loop.advance(2s);
    from_endpoint("hello");
    const std::string page = metrics.text_page();
    EXPECT_TRUE(contains(page, "} 5\n")) << page;   // the duration's sum
    EXPECT_TRUE(contains(page, "outrigger_overhead_seconds_count 1\n")) << page;
    EXPECT_TRUE(contains(page, "outrigger_overhead_seconds_sum 0\n")) << page;
}

TEST_F(InboundTest, a_tunnel_is_a_stream_until_it_ends) {
    start("GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    loop.advance(1s);
    from_endpoint("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    EXPECT_TRUE(contains(metrics.text_page(), "outrigger_streams_active{kind=\"upgrade\"} 1\n"));
    loop.advance(10s);
    caller.shut_down_writing();
    endpoints[0].shut_down_writing();
    loop.run();
    const std::string page = metrics.text_page();
    EXPECT_TRUE(contains(page, "outrigger_streams_active{kind=\"upgrade\"} 0\n")) << page;
    EXPECT_TRUE(contains(page, "outrigger_stream_duration_seconds_sum{kind=\"upgrade\"} 10\n")) << page;
    EXPECT_TRUE(contains(log(), "\"status_code\":101"));
    EXPECT_FALSE(contains(page, "outrigger_overhead_seconds_count 1\n")) << "a tunnel has none";
}

TEST_F(InboundTest, an_offered_upgrade_that_may_be_ignored_is_ignored) {
    start(
        "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "
        "h2c\r\nHTTP2-Settings: AAM\r\n\r\n");
    ASSERT_EQ(endpoints.size(), 1u);
    const std::string sent = endpoints[0].read();
    EXPECT_FALSE(contains(sent, "pgrade") || contains(sent, "HTTP2-Settings")) << sent;
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(InboundTest, a_request_that_was_never_understood_is_answered_and_logged_without_its_parts) {
    refuse(Fault{Reason::bad_request, "the head has a NUL byte"});
    const std::string text = caller.read();
    EXPECT_TRUE(text.starts_with("HTTP/1.1 400 ")) << text;
    EXPECT_TRUE(contains(text, "\r\nConnection: close\r\n"));
    EXPECT_TRUE(contains(text, "NUL byte"));
    const std::string line = log();
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_TRUE(contains(line, "bad_request")) << line;
    EXPECT_TRUE(contains(line, "192.0.2.7"));
    // The id in the answer is the one in the log.
    const std::string id = text.substr(text.find("X-Request-Id: ") + 14, 32);
    EXPECT_TRUE(contains(line, id)) << line;
}

TEST_F(InboundTest, a_refusal_to_a_caller_who_does_not_read_ends_after_the_idle_limit) {
    accept(10);
    refuse(Fault{Reason::bad_request, "no"});
    EXPECT_EQ(log(), "");
    loop.advance(60s);
    EXPECT_TRUE(contains(log(), "bad_request"));
}

TEST_F(InboundTest, an_event_stream_lasts_until_its_head_in_the_metrics) {
    start("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    loop.advance(20ms);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
    loop.advance(30min);
    endpoints[0].close();
    loop.run();
    EXPECT_TRUE(contains(log(), "\"duration\":20000000")) << log();
}

}   // namespace
}   // namespace outrigger::ingress
