// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/load.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "sidecar/demo/shop.hpp"
#include "tests/unit/core/refusing_port.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

std::string server(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

// Its gateway calls the others with nothing in between.
void open(Shop& shop) {
    std::vector<std::string> addresses;
    for (const Callee callee : {Callee::users, Callee::orders, Callee::search})
        addresses.push_back("127.0.0.1:" + std::to_string(shop.port(callee)));
    shop.call_at(addresses);
}

void wait_until_finished(const Load& load) {
    StoppableWait pause;
    for (int i = 0; i < 1'000 && !load.progress().finished; ++i) pause.wait(10ms);
}

TEST(Load, it_asks_the_shop_evenly_and_ends_by_itself) {
    const SystemClock clock;
    Shop shop{{.slow = 0_percent, .stuck = 0_percent, .failing = 100_percent}, clock};
    open(shop);
    Load load{{.server = server(shop.gateway_port()), .duration = 1s, .rate = 100_per_second}, clock};
    wait_until_finished(load);
    ASSERT_TRUE(load.progress().finished);
    const Results results = load.stop();
    EXPECT_GT(results.all.requests, 0U);   // 100 on a machine that keeps up
    EXPECT_LE(results.all.requests, 100U);
    EXPECT_EQ(results.reached, results.all.requests);
    std::uint64_t errors = 0;
    for (const RouteResult& route : results.routes) errors += route.name == "GET /flaky" ? route.requests : 0;
    EXPECT_EQ(results.all.errors, errors);   // all of these, and nothing else
    EXPECT_EQ(results.served, results.all.requests - errors);
    EXPECT_GT(results.all.p50, 0s);
    EXPECT_LE(results.all.p50, results.all.p95);
    EXPECT_LE(results.all.p95, results.all.max);
}

TEST(Load, stopped_it_lets_what_is_under_way_end_and_counts_it) {
    const SystemClock clock;
    Shop shop{{.slow = 100_percent, .stuck = 0_percent}, clock};
    open(shop);
    Load load{{.server = server(shop.gateway_port()), .duration = 1h, .rate = 200_per_second}, clock};
    StoppableWait pause;
    for (int i = 0; i < 1'000 && load.progress().requests < 5; ++i) pause.wait(5ms);
    EXPECT_FALSE(load.progress().finished);
    const Results results = load.stop();
    EXPECT_GE(results.all.requests, 5U);
    EXPECT_EQ(results.reached, results.all.requests);
}

TEST(Load, without_a_server_every_request_is_an_error_that_nobody_saw) {
    const SystemClock clock;
    const RefusingPort gone;
    Load load{{.server = server(gone.number()), .duration = 500ms, .rate = 100_per_second}, clock};
    wait_until_finished(load);
    const Results results = load.stop();
    EXPECT_GT(results.all.requests, 0U);
    EXPECT_EQ(results.all.errors, results.all.requests);
    EXPECT_EQ(results.reached, 0U);
    EXPECT_EQ(results.served, 0U);
}

}  // namespace
}  // namespace outrigger::demo
