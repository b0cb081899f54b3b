// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/health_metrics.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <outrigger/metrics/registry.hpp>

namespace outrigger::middleware {
namespace {

TEST(HealthMetrics, tell_how_each_check_stands) {
    std::mutex mutex;
    std::condition_variable changed;
    bool ran = false;
    health::Registry health{{.on_change = [&](const health::CheckChanged& change) {
        const std::scoped_lock lock{mutex};
        ran = ran || change.check == "run";
        changed.notify_all();
    }}};
    metrics::Registry registry;
    registry.absorb(health_metrics(health));
    EXPECT_EQ(registry.text_page().find("outrigger_health"), std::string::npos) << "no check, no family";

    health.report(health.add("passive"), health::degraded("slow"));
    (void)health.add("unchecked", {.optional = true});
    health.ready("run", health::custom([] { return health::down("no"); }));
    {
        std::unique_lock lock{mutex};
        ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds{20}, [&] { return ran; }));
    }
    const std::string page = registry.text_page();
    EXPECT_NE(page.find("outrigger_health_check_up{check=\"passive\"} 1\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_health_check_up{check=\"unchecked\"} 0\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_health_check_up{check=\"run\"} 0\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_health_check_duration_seconds{check=\"run\"} "), std::string::npos)
        << page;
    EXPECT_EQ(page.find("outrigger_health_check_duration_seconds{check=\"passive\"}"), std::string::npos)
        << page;
}

TEST(HealthMetrics, may_be_asked_after_the_end_of_the_health_registry) {
    metrics::Registry registry;
    {
        health::Registry health;
        registry.absorb(health_metrics(health));
        health.report(health.add("db"), health::up());
    }
    EXPECT_NE(registry.text_page().find("outrigger_health_check_up{check=\"db\"} 1\n"), std::string::npos);
}

TEST(HealthChanges, are_counted_by_check_and_by_what_it_became) {
    HealthChanges changes;
    metrics::Registry registry;
    registry.absorb(changes.metrics());
    EXPECT_EQ(registry.text_page().find("outrigger_health"), std::string::npos) << "no change, no family";
    health::Registry health{{.on_change = [&](const health::CheckChanged& changed) { changes.count(changed); }}};
    const auto check = health.add("db", {.damping = {1, 1}});
    for (const auto& outcome : {health::up(), health::up(), health::down("gone"), health::up()})
        health.report(check, outcome);
    const std::string page = registry.text_page();
    EXPECT_NE(page.find("# TYPE outrigger_health_changes_total counter\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_health_changes_total{check=\"db\",to=\"up\"} 2\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_health_changes_total{check=\"db\",to=\"down\"} 1\n"), std::string::npos) << page;
}

}   // namespace
}   // namespace outrigger::middleware
