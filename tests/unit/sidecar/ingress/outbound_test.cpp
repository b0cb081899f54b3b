// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/outbound.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include "tests/unit/sidecar/ingress/outbound_bench.hpp"

namespace outrigger::ingress {
namespace {

constexpr std::string_view get = "GET /users/7 HTTP/1.1\r\nHost: localhost:9001\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

using OutboundTest = OutboundBench;

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

class Connect : public OutboundBench {
protected:
    void start(std::string_view request) {
        Incoming& arrived = arrive(request);
        tasks.spawn(outbound->connect(arrived));
        loop.run();
    }
    static constexpr std::string_view connect = "CONNECT users:8080 HTTP/1.1\r\nHost: users:8080\r\n\r\n";
    static constexpr std::string_view established = "HTTP/1.1 200 Connection established\r\n\r\n";
};

TEST_F(Connect, is_a_tunnel_to_an_endpoint) {
    start(connect);
    EXPECT_EQ(caller.read(), established) << "and no field that frames or closes anything";
    EXPECT_EQ(endpoints.back().read(), "") << "nothing of the request goes on";
    EXPECT_TRUE(contains(metrics.text_page(), "outrigger_streams_active{kind=\"connect\"} 1\n"));
    caller.write("ping");
    loop.run();
    EXPECT_EQ(endpoints.back().read(), "ping");
    from_endpoint("pong");
    EXPECT_EQ(caller.read(), "pong");
    caller.shut_down_writing();
    endpoints.back().close();
    loop.run();

    const std::string line = log();
    for (const char* part : {R"("upstream":"users","attempts":1,"endpoint":"shop:80","stream":{"kind":"connect")",
                             R"("request":{"id":")", R"("method":"CONNECT","body":{"bytes":4})",
                             R"("status_code":200,"body":{"bytes":4})"})
        EXPECT_TRUE(contains(line, part)) << part << " in " << line;
    EXPECT_TRUE(contains(metrics.text_page(), "outrigger_stream_duration_seconds_count{kind=\"connect\"} 1\n"));
    EXPECT_TRUE(contains(metrics.text_page(), "outrigger_streams_active{kind=\"connect\"} 0\n"));
    const resilience::CircuitReport report = users.breaker()->report(loop.clock().now());
    EXPECT_EQ(report.calls.calls, 1u);
    EXPECT_EQ(report.calls.failures, 0u);
}

TEST_F(Connect, what_was_sent_before_the_answer_belongs_to_the_tunnel) {
    for (const char* version : {"1.1", "1.0"}) {
        accept();
        start("CONNECT users:8080 HTTP/" + std::string{version} + "\r\nHost: users:8080\r\n\r\nGET / HTTP/1.1\r\n\r\n");
        EXPECT_EQ(caller.read(), established);
        EXPECT_EQ(endpoints.back().read(), "GET / HTTP/1.1\r\n\r\n");
        caller.close();
        endpoints.back().close();
        loop.run();
    }
}

TEST_F(Connect, never_takes_a_connection_that_was_used_before) {
    OutboundBench::start(get);
    from_endpoint(ok);
    EXPECT_TRUE(endpoints.back().connected());
    accept();
    start(connect);
    EXPECT_EQ(endpoints.size(), 2u);
    EXPECT_EQ(caller.read(), established);
}

TEST_F(Connect, is_tried_again_and_counted_when_no_connection_can_be_made) {
    dialled->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    start(connect);
    loop.advance(5s);
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 502 ")) << reply;
    EXPECT_TRUE(contains(reply, "\r\nConnection: close\r\n")) << "what follows was meant for the tunnel";
    EXPECT_TRUE(contains(reply, "\"reason\":\"connect_failed\""));
    EXPECT_TRUE(contains(log(), "\"attempts\":3")) << log();
    EXPECT_EQ(users.breaker()->report(loop.clock().now()).calls.failures, 3u);
    EXPECT_FALSE(contains(metrics.text_page(), "outrigger_streams_active{kind=\"connect\"}")) << "there was no tunnel";
    EXPECT_EQ(journal.last(1).front()->reason, Reason::connect_failed);
}

TEST_F(Connect, a_silent_tunnel_ends_with_stream_idle) {
    start(connect);
    loop.advance(settings.limits.timeout + settings.limits.idle);
    EXPECT_TRUE(endpoints.back().connected()) << "neither the call's timeout nor limits.idle is a tunnel's";
    loop.advance(settings.stream_idle);
    EXPECT_FALSE(endpoints.back().connected());
    EXPECT_TRUE(contains(log(), "no byte moved in either direction"));
}

TEST_F(Connect, a_drain_cuts_it) {
    start(connect);
    connection_cancel.cancel(Fault{Reason::draining, "the sidecar ends"});
    loop.run();
    EXPECT_FALSE(endpoints.back().connected());
    EXPECT_TRUE(contains(log(), "\"reason\":\"draining\""));
}

TEST_F(Connect, that_finds_no_endpoint_closes_the_connection) {
    accept();
    Incoming& arrived = arrive(connect);
    dialled = nullptr;
    users.set_endpoints(std::make_shared<upstream::EndpointList>());
    protected_cluster.update(std::make_shared<upstream::EndpointList>());
    tasks.spawn(outbound->connect(arrived));
    loop.run();
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 503 ")) << reply;
    EXPECT_FALSE(downstream->keeps_alive());
}

TEST_F(Connect, is_refused_where_it_is_no_forward_proxy_s_business) {
    OutboundBench::start(connect);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 501 "));
    EXPECT_FALSE(downstream->keeps_alive());
    EXPECT_TRUE(endpoints.empty());
}

}   // namespace
}   // namespace outrigger::ingress
