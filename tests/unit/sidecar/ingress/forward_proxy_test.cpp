// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/forward_proxy.hpp"

#include <string>
#include <utility>

#include "tests/unit/sidecar/ingress/outbound_bench.hpp"

namespace outrigger::ingress {
namespace {

class ForwardProxyTest : public OutboundBench {
protected:
    ForwardProxyTest() {
        others.name = "proxy";
        others.limits.policies = {
            .name = "proxy", .setting = "outbound.proxy", .call_setting = "outbound.defaults"};
    }
    ~ForwardProxyTest() override { end_all(); }
    // Arrives at a proxy that knows users:8080/v2 and payments:443.
    void ask(std::string_view request, bool passes = false) {
        accept();
        Incoming& arrived = arrive(request);
        proxy_settings.emplace(
            ForwardProxySettings{route::Destinations{{{"users", 8080, "/v2"}, {"payments", 443, "", true}}},
                                 {"users", "payments"},
                                 passes,
                                 others});
        payments_settings.emplace(settings).name = "payments";
        payments.emplace(*payments_settings, protected_cluster, calls, telemetry, journal);
        service.emplace(*proxy_settings, std::vector<Outbound*>{&*outbound, &*payments}, strangers,
                        proxy_calls, telemetry, journal);
        tasks.spawn(service->answer(arrived));
        loop.run();
    }
    std::string request_line() {
        const std::string request = endpoints.empty() ? "" : endpoints.back().read();
        return request.substr(0, request.find(" HTTP/"));
    }
    void expect_problem(std::string_view request, int status, std::string_view reason,
                        std::string_view detail) {
        ask(request);
        const std::string reply = caller.read();
        EXPECT_TRUE(reply.starts_with("HTTP/1.1 " + std::to_string(status))) << request << reply;
        EXPECT_TRUE(contains(reply, "Content-Type: application/problem+json\r\n")) << reply;
        EXPECT_TRUE(contains(reply, "\"reason\":\"" + std::string{reason} + '"')) << reply;
        EXPECT_TRUE(contains(reply, detail)) << reply;
        EXPECT_TRUE(endpoints.empty());
    }

    // A tunnel to a stranger, beside all others.
    struct Tunnel {
        Tunnel(ForwardProxyTest& test, const std::string& authority)
            : ends{net::MemoryStream::pair(test.loop.scheduler(), 1024)},
              incoming{test.worker, stream, head, arena, test.peer, test.lifecycle, test.connection_cancel, {}},
              arena{test.worker.pages},
              inbox{*ends.first, test.worker.pages},
              stream{*ends.first, inbox, test.head_limits} {
            head.method = "CONNECT";
            Strangers::Stranger* const stranger = test.strangers.find(route::Authority::parse(authority, 0));
            test.tasks.spawn(Strangers::answer(*stranger, incoming));
        }
        std::pair<std::unique_ptr<net::MemoryStream>, std::unique_ptr<net::MemoryStream>> ends;   // ours, the caller's
        Incoming incoming;
        net::Arena arena;
        http1::RequestHead head;
        http1::Inbox inbox;
        http1::ServerStream stream;
    };

    OutboundSettings others{.limits = {.timeout = 30s, .idle = 60s, .body_bytes = Bytes{}},
                            .stream_idle = 1h};
    metrics::HttpClientRecorder proxy_calls{client.recorder("proxy")};
    std::optional<OutboundSettings> payments_settings;
    std::optional<Outbound> payments;
    std::optional<ForwardProxySettings> proxy_settings;
    Strangers strangers{{worker, others, head_limits, 1h, proxy_calls, telemetry, journal},
                        [this](const route::Authority&) {
                            return std::make_unique<upstream::MemoryConnector>(loop.scheduler(), endpoints);
                        }};
    std::optional<ForwardProxy> service;
};

TEST_F(ForwardProxyTest, a_url_is_its_upstream_s_with_that_path_and_no_other) {
    for (const auto& [url, path] : {std::pair{"http://users:8080/v2/a?b", "/v2/a?b"},
                                    {"HTTP://USERS:8080/v2", "/v2"},
                                    {"http://users:8080/v2?x=/v2", "/v2?x=/v2"},
                                    {"http://users:08080/v2/", "/v2/"}}) {
        ask("GET " + std::string{url} + " HTTP/1.1\r\nHost: another\r\nProxy-Connection: keep-alive\r\n\r\n");
        EXPECT_EQ(request_line(), "GET " + std::string{path}) << url;
        from_endpoint("HTTP/1.1 204 No Content\r\n\r\n");
        EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 204 "));
    }
    EXPECT_TRUE(contains(log(), R"("upstream":"users","attempts":1)"));
}

TEST_F(ForwardProxyTest, routes_go_by_the_path_behind_the_prefix_as_on_the_upstream_s_own_port) {
    settings.routes.push_back(
        {"GET", "/users/{id}", route::Table{std::vector<std::string>{"/users/{id}"}}, settings.limits});
    ask("GET http://users:8080/v2/users/7 HTTP/1.1\r\nHost: users:8080\r\n\r\n");
    from_endpoint("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_TRUE(contains(log(), R"("route":"/users/{id}")")) << log();
}

TEST_F(ForwardProxyTest, an_unknown_host_is_refused_and_told_who_is_known) {
    const std::string get_from = "GET http://";
    const std::string end = " HTTP/1.1\r\nHost: x\r\n\r\n";
    expect_problem(
        get_from + "user:8080/v2/a" + end, 403, "unknown_host",
        "outbound.proxy.unknown is refuse: user:8080; the nearest is users:8080/v2 (outbound.users).");
    expect_problem(get_from + "users/v2/a" + end, 403, "unknown_host",
                   "users:80; the nearest is users:8080/v2 (outbound.users).");
    expect_problem(get_from + "users:8080/v1" + end, 403, "unknown_host",
                   "the nearest is users:8080/v2 (outbound.users).");
    expect_problem(
        get_from + "elsewhere.example/v2/a" + end, 403, "unknown_host",
        "elsewhere.example:80; known are users:8080/v2 (outbound.users), payments:443 (outbound.payments).");
    expect_problem(get_from + "payments:443/" + end, 403, "unknown_host", "payments:443 (outbound.payments)");
    const std::string line = log();
    EXPECT_TRUE(contains(line, R"("upstream":"proxy","attempts":0)")) << line;
    EXPECT_TRUE(contains(metrics.text_page(),
                         "_count{upstream=\"proxy\",http_request_method=\"GET\",http_route=\"other\","
                         "http_response_status_code=\"403\",error_type=\"unknown_host\"} 5\n"));
    EXPECT_EQ(journal.last(9).size(), 5u);
}

TEST_F(ForwardProxyTest, a_refusal_leaves_the_connection_to_the_next_request) {
    ask("GET http://elsewhere/ HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_FALSE(contains(caller.read(), "Connection: close"));
    EXPECT_TRUE(downstream->keeps_alive());
}

TEST_F(ForwardProxyTest, a_refused_tunnel_closes_it) {
    ask("CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 403 ")) << reply;
    EXPECT_TRUE(contains(reply, "\r\nConnection: close\r\n")) << "what followed was meant for the tunnel";
    EXPECT_FALSE(downstream->keeps_alive());
}

TEST_F(ForwardProxyTest, a_tunnel_goes_to_the_upstream_with_that_authority) {
    for (const auto& [place, upstream] :
         {std::pair{"users:8080", "users"}, {"USERS:8080", "users"}, {"payments:443", "payments"}}) {
        ask("CONNECT " + std::string{place} + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        EXPECT_EQ(caller.read(), "HTTP/1.1 200 Connection established\r\n\r\n") << place;
        EXPECT_EQ(request_line(), "");
        caller.close();
        endpoints.back().close();
        loop.run();
        const std::string lines = log();
        const std::string last = lines.substr(lines.rfind('\n', lines.size() - 2) + 1);
        EXPECT_TRUE(contains(last, R"("upstream":")" + std::string{upstream} + '"')) << last;
    }
}

TEST_F(ForwardProxyTest, what_is_no_proxy_s_request_is_refused_with_a_reason) {
    expect_problem("GET /v2/a HTTP/1.1\r\nHost: users:8080\r\n\r\n", 400, "bad_request",
                   "\"This port is an HTTP forward proxy");
    expect_problem("OPTIONS * HTTP/1.1\r\nHost: users:8080\r\n\r\n", 400, "bad_request",
                   "This port is an HTTP forward proxy");
    expect_problem("GET HTTPS://users:8080/v2/a HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_implemented",
                   "CONNECT host:port");
    expect_problem("CONNECT users:0 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request", "port 0");
    expect_problem("CONNECT users:8080 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n", 400, "bad_request",
                   "has no body");
    expect_problem("CONNECT users:8080 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
                   "bad_request", "has no body");
}

TEST_F(ForwardProxyTest, no_further_host_passes_while_as_many_as_may_be_are_being_called) {
    std::deque<Tunnel> tunnels;
    for (std::size_t i = 0; i < Strangers::most; ++i) {
        tunnels.emplace_back(*this, 'h' + std::to_string(i) + ":443");
        loop.run();
    }
    EXPECT_EQ(endpoints.size(), Strangers::most);
    ask("GET http://one-more/ HTTP/1.1\r\nHost: x\r\n\r\n", true);
    const std::string reply = caller.read();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 503 ")) << reply;
    EXPECT_TRUE(contains(reply, R"("reason":"overloaded")")) << reply;
    EXPECT_TRUE(contains(reply, "outbound.proxy.unknown lets 256 pass at once")) << reply;
    EXPECT_EQ(strangers.size(), Strangers::most);

    tunnels.front().ends.second.reset();
    endpoints.front().close();
    loop.run();
    ask("CONNECT one-more:443 HTTP/1.1\r\nHost: x\r\n\r\n", true);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 200 "));
    end_all();
}

TEST_F(ForwardProxyTest, an_unknown_host_may_pass) {
    ask("GET http://elsewhere:81/a HTTP/1.0\r\n\r\n", true);
    EXPECT_EQ(request_line(), "GET /a");
    from_endpoint("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_TRUE(caller.read().ends_with("\r\n\r\nhi"));
    ask("CONNECT elsewhere:443 HTTP/1.1\r\nHost: x\r\n\r\n", true);
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 200 "));
    caller.close();
    endpoints.back().close();
    loop.run();
    ask("GET http://users:8080/v2/a HTTP/1.1\r\nHost: x\r\n\r\n", true);
    from_endpoint("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_TRUE(contains(log(), R"("upstream":"users")")) << "a known one is no stranger";
}

}   // namespace
}   // namespace outrigger::ingress
