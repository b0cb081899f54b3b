// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/pusher.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "tests/unit/sidecar/admin/called_server.hpp"

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;

class PusherTest : public CalledServer {
protected:
    PusherTest() { registry.counter("mine_total", "Mine.").increment(); }
    ~PusherTest() override { loop.advance(24h); }

    void begin() {
        outcome.reset();
        tasks.spawn(pushing());
        loop.run();
    }

    metrics::Registry registry;
    ScrapeMetrics own;
    Scraper scraper{registry, own, loop, loop.scheduler()};
    Pusher pusher{{"pg:9091", "/metrics/job/shop", "", 5s}, scraper, cluster, worker};
    std::optional<std::string> outcome;
    TaskGroup tasks;

private:
    Task<void> pushing() { outcome = co_await pusher.push(); }
};

TEST_F(PusherTest, the_page_replaces_what_the_group_had) {
    begin();
    const std::string sent = peers.back().read();
    EXPECT_TRUE(sent.starts_with("PUT /metrics/job/shop HTTP/1.1\r\nHost: pg:9091\r\n")) << sent;
    EXPECT_NE(sent.find("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos);
    EXPECT_NE(sent.find("\nmine_total 1\n"), std::string::npos);
    reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(outcome, "");
}

TEST_F(PusherTest, what_went_wrong_is_said) {
    begin();
    reply("HTTP/1.1 400 Bad Request\r\nContent-Length: 17\r\n\r\nno good\nat all...");
    EXPECT_EQ(outcome, "The Pushgateway answered 400: no good");
    begin();
    loop.advance(5s);
    ASSERT_TRUE(outcome);
    EXPECT_NE(outcome->find("shop:80"), std::string::npos) << *outcome;
}

}  // namespace
}  // namespace outrigger::admin
