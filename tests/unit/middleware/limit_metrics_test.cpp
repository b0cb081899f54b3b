// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/limit_metrics.hpp>

#include <gtest/gtest.h>

#include <chrono>

#include <outrigger/metrics/registry.hpp>

namespace outrigger::middleware {
namespace {

TEST(LimitMetrics, tell_how_full_it_is_and_how_many_were_turned_away) {
    resilience::ConcurrencyLimiter bulkhead{{.concurrent = 2, .queue = 1, .shadow = true}};
    metrics::Registry registry;
    registry.absorb(limit_metrics(bulkhead, "inbound"));
    const auto first = bulkhead.try_enter();
    const auto second = bulkhead.try_enter();
    const auto would_wait = bulkhead.try_enter();
    EXPECT_FALSE(bulkhead.refused());
    const auto would_be_refused = bulkhead.try_enter();
    const std::string page = registry.text_page();
    EXPECT_NE(page.find("outrigger_limit_in_use{limit=\"inbound\"} 4\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_limit_waiting{limit=\"inbound\"} 1\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_limit_refused_total{limit=\"inbound\"} 1\n"), std::string::npos) << page;
}

TEST(LimitMetrics, tell_whom_a_rate_limit_would_have_turned_away) {
    resilience::RateLimiter rate{{.rate = Rate::per_second(1.0).value(), .burst = 1, .shadow = true}};
    metrics::Registry registry;
    registry.absorb(limit_metrics(rate, "inbound"));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(rate.try_acquire(Instant{std::chrono::hours{1}}));
    const std::string page = registry.text_page();
    EXPECT_NE(page.find("outrigger_rate_limit_refused_total{limit=\"inbound\"} 2\n"), std::string::npos) << page;
}

}  // namespace
}  // namespace outrigger::middleware
