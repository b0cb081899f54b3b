// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/ended.hpp"

#include <optional>

#include "sidecar/net/socket.hpp"
#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::ingress {
namespace {

using namespace std::chrono_literals;

class Ended : public proxy::ProxyBench {
protected:
    Ended() { peer = net::IpPort{net::resolve("192.0.2.7", 40'000).value().front()}; }
    Incoming incoming() {
        return Incoming{worker, *downstream, head, arena, peer, lifecycle, connection_cancel, WallTime{5s}};
    }
    Lifecycle lifecycle;
    net::IpPort peer;
};

TEST_F(Ended, a_stream_s_duration_is_the_time_to_its_head_and_it_has_no_overhead) {
    begin("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    loop.advance(1s);
    Written written{.status = 200, .head_at = loop.clock().now()};
    loop.advance(9s);
    const proxy::Reply reply{{}, std::nullopt, "shop:80"};
    const auto event = ended(incoming(), *exchange, reply, written, {3, "/events"}, metrics::StreamKind::event_stream);
    EXPECT_EQ(event.duration, 1s);
    EXPECT_EQ(event.stream_duration, 9s);
    EXPECT_FALSE(event.overhead.has_value());
    EXPECT_EQ(event.endpoint, "shop:80");
    EXPECT_EQ(event.route.id, 3u);
}

TEST_F(Ended, time_spent_waiting_for_others_is_no_overhead) {
    begin("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    loop.advance(3s);
    exchange->waited = 2s;
    const auto event = ended(incoming(), *exchange, proxy::Reply{}, Written{.status = 200}, {}, std::nullopt);
    EXPECT_EQ(event.duration, 3s);
    EXPECT_EQ(event.overhead, Duration{1s});
}

TEST_F(Ended, what_never_became_an_exchange_is_answered_and_told) {
    receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    Incoming refused = incoming();
    std::optional<middleware::ExchangeEnded> event;
    const auto refusing = [](Incoming& of, std::optional<middleware::ExchangeEnded>& to) -> Task<void> {
        to.emplace(co_await answer_refused(of, Fault{Reason::bad_request, "no colon"}, 60s));
    };
    tasks.spawn(refusing(refused, event));
    loop.run();
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->status, 400);
    EXPECT_EQ(event->reason, Reason::bad_request);
    EXPECT_EQ(event->client_ip, "192.0.2.7");
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 400 "));
}

}   // namespace
}   // namespace outrigger::ingress
