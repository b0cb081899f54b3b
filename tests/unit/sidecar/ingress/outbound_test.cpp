// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/outbound.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include <outrigger/logging/writer.hpp>
#include <outrigger/metrics/registry.hpp>

#include "sidecar/net/socket.hpp"
#include "tests/unit/sidecar/proxy/proxy_bench.hpp"
#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

namespace outrigger::ingress {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view get = "GET /users/7 HTTP/1.1\r\nHost: localhost:9001\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

class OutboundTest : public proxy::ProxyBench {
protected:
    OutboundTest() {
        const auto list = upstream::some_endpoints(1);
        users.set_endpoints(list);
        protected_cluster.update(list);
        metrics.absorb(instruments.source());
        metrics.absorb(client.source());
        writer.start();
        settings.limits.target = &target;
        settings.limits.policies = policies.for_calls("outbound.users", resilience::Retry{}, false);
        settings.name = "users";
    }
    void start(std::string_view request) {
        outbound.emplace(settings, protected_cluster, calls, telemetry, journal);
        receive(request);
        peer = net::IpPort{net::resolve("127.0.0.1", 40'000).value().front()};
        incoming.emplace(Incoming{worker, *downstream, head, arena, peer, lifecycle, connection_cancel, WallTime{}});
        tasks.spawn(outbound->answer(*incoming));
        loop.run();
    }
    void from_endpoint(std::string_view bytes) {
        endpoints.back().write(bytes);
        loop.run();
    }
    std::string log() {
        EXPECT_TRUE(writer.flush(5s));
        std::string text(64 * 1024, '\0');
        const ssize_t size = ::pread(file.number(), text.data(), text.size(), 0);
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        return text;
    }

    proxy::Target target{"users:8080", "/v2"};
    upstream::Upstream users{"users", {}};
    upstream::Cluster protected_cluster{
        worker, users,
        [this](const upstream::Endpoint&) {
            auto made = std::make_unique<upstream::MemoryConnector>(loop.scheduler(), endpoints);
            dialled = made.get();
            return made;
        },
        head_limits, upstream::Cluster::Settings{}};
    upstream::MemoryConnector* dialled = nullptr;
    proxy::UpstreamPolicies policies{{.name = "users", .setting = "outbound.users", .breaker = users.breaker()}};
    OutboundSettings settings{.limits = {.timeout = 30s, .idle = 60s, .body_bytes = Bytes{}}, .stream_idle = 1h};
    metrics::Registry metrics;
    metrics::HttpServerInstruments instruments;
    metrics::HttpServerRecorder recorder{instruments.recorder()};
    metrics::HttpClientInstruments client;
    metrics::HttpClientRecorder calls{client.recorder("users")};
    net::Fd file{::memfd_create("log", MFD_CLOEXEC)};
    logging::Writer writer{file.number()};
    middleware::ExchangeTelemetry telemetry{recorder, writer, "orders", middleware::AccessPolicy::all()};
    Journal journal{{.slow = 1s}};
    std::optional<Outbound> outbound;
    Lifecycle lifecycle;
    net::IpPort peer;
    std::optional<Incoming> incoming;
};

TEST_F(OutboundTest, a_call_goes_out_in_the_app_s_own_name_to_the_target_s) {
    start("GET /users/7 HTTP/1.1\r\nHost: localhost:9001\r\nX-Forwarded-For: 10.1.1.1\r\nX-Request-Id: abc\r\n\r\n");
    const std::string request = endpoints.back().read();
    EXPECT_TRUE(request.starts_with("GET /v2/users/7 HTTP/1.1\r\nHost: users:8080\r\n")) << request;
    EXPECT_TRUE(contains(request, "\r\nX-Forwarded-For: 10.1.1.1\r\n")) << "the app's own, and no other";
    EXPECT_TRUE(contains(request, "\r\nX-Request-Id: abc\r\n"));
    EXPECT_TRUE(contains(request, "\r\ntraceparent: 00-"));
    EXPECT_FALSE(contains(request, "X-Forwarded-Host"));
    EXPECT_FALSE(contains(request, "localhost"));
    from_endpoint(ok);
    EXPECT_TRUE(caller.read().ends_with("\r\n\r\nhello"));
}

TEST_F(OutboundTest, it_is_one_log_line_and_one_observation_of_its_upstream) {
    settings.routes.push_back({"GET", "/users/{id}", route::Table{std::vector<std::string>{"/users/{id}"}}, settings.limits});
    start(get);
    from_endpoint(ok);
    const std::string line = log();
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    for (const char* part : {R"("dataset":"outrigger.calls")", R"("upstream":"users","attempts":1)",
                             R"("endpoint":"shop:80")", R"("route":"/users/{id}")", R"("path":"/v2/users/7")"})
        EXPECT_TRUE(contains(line, part)) << part << " in " << line;
    const std::string page = metrics.text_page();
    EXPECT_TRUE(contains(page,
                         "http_client_request_duration_seconds_count{upstream=\"users\",http_request_method=\"GET\","
                         "http_route=\"/users/{id}\",http_response_status_code=\"200\"} 1\n"))
        << page;
    EXPECT_FALSE(contains(page, "http_server_request_duration_seconds_count{"));
}

TEST_F(OutboundTest, the_first_route_of_its_method_and_path_decides) {
    proxy::Limits once = settings.limits;
    once.policies = policies.for_calls("outbound.users.routes[1]", resilience::Retry{.attempts = 1}, false);
    const auto path = [] { return route::Table{std::vector<std::string>{"/users/{id}"}}; };
    settings.routes.push_back({"POST", "/users/{id}", path(), settings.limits});
    settings.routes.push_back({"", "/users/{id}", path(), once});
    start(get);
    (void)endpoints.back().read();
    from_endpoint("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 503 "));
}

TEST_F(OutboundTest, our_own_answer_is_counted_with_its_reason) {
    dialled->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    settings.limits.policies = policies.for_calls("outbound.users", resilience::Retry{.attempts = 1}, false);
    start(get);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 502 "));
    EXPECT_TRUE(contains(log(), "connect_failed"));
    EXPECT_TRUE(contains(metrics.text_page(), "error_type=\"connect_failed\""));
}

TEST_F(OutboundTest, a_body_cut_after_its_head_is_one_failure_more_for_the_breaker) {
    start(get);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
    endpoints.back().close();
    loop.run();
    const resilience::CircuitReport report = users.breaker()->report(loop.clock().now());
    EXPECT_EQ(report.calls.failures, 1u);
    EXPECT_EQ(report.calls.calls, 2u);
}

TEST_F(OutboundTest, a_caller_who_leaves_in_the_middle_of_a_body_is_no_failure) {
    start(get);
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
    caller.close();
    loop.run();
    from_endpoint("more");
    EXPECT_EQ(users.breaker()->report(loop.clock().now()).calls.failures, 0u);
}

}   // namespace
}   // namespace outrigger::ingress
