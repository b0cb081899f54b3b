// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/registry.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};
constexpr const char* nothing = R"({"status":"ok","info":{},"error":{},"details":{}})";

TEST(Registry, without_checks_every_page_is_ok) {
    const Registry registry;
    const auto pages = registry.pages();
    for (const auto* page : {&pages->health, &pages->live, &pages->ready, &pages->startup}) {
        EXPECT_EQ(page->status, 200);
        EXPECT_EQ(page->body, nothing);
    }
}

TEST(Registry, a_check_that_has_not_run_yet_is_down) {
    Registry registry;
    registry.add("app");
    const auto pages = registry.pages();
    EXPECT_EQ(pages->ready.status, 503);
    EXPECT_EQ(pages->ready.body,
              R"({"status":"error","info":{},"error":{"app":{"message":"not checked yet","status":"down"}},)"
              R"("details":{"app":{"message":"not checked yet","status":"down"}}})");
    EXPECT_EQ(pages->health.body, pages->ready.body);
    EXPECT_EQ(pages->startup.body, pages->ready.body);
    EXPECT_EQ(pages->live.body, nothing);
}

TEST(Registry, a_report_is_on_the_pages_at_once_and_a_change_is_told) {
    Registry registry;
    const auto app = registry.add("app");
    const auto change = registry.report(app, up(1ms));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->check, "app");
    EXPECT_EQ(change->from, Status::unchecked);
    EXPECT_EQ(change->to, Status::up);
    EXPECT_EQ(change->message, "");
    EXPECT_FALSE(registry.report(app, up(2ms)));
    EXPECT_EQ(registry.pages()->ready.status, 200);
    EXPECT_EQ(registry.pages()->ready.body,
              R"({"status":"ok","info":{"app":{"responseTime":2,"status":"up"}},"error":{},)"
              R"("details":{"app":{"responseTime":2,"status":"up"}}})");
}

TEST(Registry, a_damped_failure_is_neither_shown_nor_told) {
    Registry registry;
    const auto app = registry.add("app");
    registry.report(app, up());
    EXPECT_FALSE(registry.report(app, down("refused")));
    EXPECT_EQ(registry.pages()->ready.status, 200);
    const auto change = registry.report(app, down("refused"));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->message, "refused");
    EXPECT_EQ(registry.pages()->ready.status, 503);
    EXPECT_EQ(registry.pages()->live.status, 200);  // never, whatever a dependency does
}

TEST(Registry, an_optional_check_that_is_down_only_degrades) {
    Registry registry;
    const auto cache = registry.add("cache", {.optional = true});
    EXPECT_EQ(registry.pages()->ready.status, 200);
    const auto change = registry.report(cache, down("refused", 3ms));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->to, Status::down);  // the event tells what is; the page what follows
    EXPECT_TRUE(change->optional);
    EXPECT_EQ(registry.pages()->ready.status, 200);
    EXPECT_EQ(
        registry.pages()->ready.body,
        R"({"status":"degraded","info":{"cache":{"message":"refused","responseTime":3,"status":"degraded"}},)"
        R"("error":{},"details":{"cache":{"message":"refused","responseTime":3,"status":"degraded"}}})");
    EXPECT_EQ(registry.pages()->startup.body, nothing);
}

TEST(Registry, a_startup_check_gates_the_start_and_not_readiness) {
    Registry registry;
    const auto migrated = registry.add("migrated", {.group = Group::startup});
    EXPECT_EQ(registry.pages()->startup.status, 503);
    EXPECT_EQ(registry.pages()->health.status, 503);
    EXPECT_EQ(registry.pages()->ready.body, nothing);
    registry.report(migrated, up());
    EXPECT_EQ(registry.pages()->startup.status, 200);
}

TEST(Registry, startup_is_ok_once_every_required_check_was_up_once_and_from_then_on) {
    Registry registry;
    const auto one = registry.add("one", {.damping = {.fail_after = 1}});
    const auto two = registry.add("two");
    registry.report(one, up());
    EXPECT_EQ(registry.pages()->startup.body,
              R"({"status":"error","info":{"one":{"status":"up"}},)"
              R"("error":{"two":{"message":"not checked yet","status":"down"}},)"
              R"("details":{"one":{"status":"up"},"two":{"message":"not checked yet","status":"down"}}})");
    registry.report(one, down("gone"));
    registry.report(two, up(5ms));
    EXPECT_EQ(registry.pages()->ready.status, 503);
    EXPECT_EQ(registry.pages()->startup.status, 200);
    EXPECT_EQ(registry.pages()->startup.body,
              R"({"status":"ok","info":{"one":{"status":"up"},"two":{"status":"up"}},"error":{},)"
              R"("details":{"one":{"status":"up"},"two":{"status":"up"}}})");
}

TEST(Registry, draining_fails_ready_and_health_and_leaves_live_and_startup) {
    Registry registry;
    registry.report(registry.add("app"), up());
    EXPECT_TRUE(registry.begin_drain());
    EXPECT_FALSE(registry.begin_drain());
    EXPECT_TRUE(registry.draining());
    const auto pages = registry.pages();
    EXPECT_EQ(pages->ready.status, 503);
    EXPECT_EQ(pages->ready.body, R"({"status":"shutting_down","info":{"app":{"status":"up"}},"error":{},)"
                                 R"("details":{"app":{"status":"up"}}})");
    EXPECT_EQ(pages->health.body, pages->ready.body);
    EXPECT_EQ(pages->live.body, nothing);
    EXPECT_EQ(pages->live.status, 200);
    EXPECT_EQ(pages->startup.status, 200);
}

TEST(Registry, a_silent_worker_fails_liveness_until_it_beats_again) {
    Registry registry{{.wedged_after = 10s}};
    Heartbeat& worker = registry.watch("worker-0", start);
    EXPECT_TRUE(registry.look(start + 9s).empty());
    EXPECT_EQ(registry.pages()->live.body, nothing);

    const auto stuck = registry.look(start + 12s + 500ms);
    ASSERT_EQ(stuck.size(), 1U);
    EXPECT_EQ(stuck[0].worker, "worker-0");
    EXPECT_TRUE(stuck[0].stuck);
    EXPECT_EQ(stuck[0].silence, 12s + 500ms);
    EXPECT_EQ(registry.pages()->live.status, 503);
    EXPECT_EQ(registry.pages()->live.body,
              R"({"status":"error","info":{},)"
              R"("error":{"worker-0":{"message":"no sign of life for 12 s","status":"down"}},)"
              R"("details":{"worker-0":{"message":"no sign of life for 12 s","status":"down"}}})");
    EXPECT_EQ(registry.pages()->health.status, 503);
    EXPECT_EQ(registry.pages()->ready.status, 200);
    EXPECT_TRUE(registry.look(start + 13s).empty());  // told once
    EXPECT_NE(registry.pages()->live.body.find("for 13 s"), std::string::npos);

    worker.beat(start + 14s);
    const auto alive = registry.look(start + 15s);
    ASSERT_EQ(alive.size(), 1U);
    EXPECT_FALSE(alive[0].stuck);
    EXPECT_EQ(registry.pages()->live.body, nothing);
}

TEST(Registry, names_must_be_there_and_taken_once) {
    Registry registry;
    registry.add("app");
    EXPECT_THROW(registry.add("app"), std::invalid_argument);
    EXPECT_THROW(registry.add(""), std::invalid_argument);
    EXPECT_THROW((void)registry.watch("app", start), std::invalid_argument);
    EXPECT_THROW((void)registry.watch("", start), std::invalid_argument);
    EXPECT_THROW(registry.add("db", {.damping = {.fail_after = 0}}), std::invalid_argument);
    EXPECT_THROW(registry.add("db", {.damping = {.recover_after = 0}}), std::invalid_argument);
    registry.add("db");  // what was refused left nothing behind
}

// Probes on other threads while the owner reports: the thread sanitizer watches.
TEST(Registry, pages_are_read_while_reports_come_in) {
    Registry registry;
    const auto app = registry.add("app", {.damping = {.fail_after = 1}});
    std::atomic<bool> done{false};
    std::thread probe{[&] {
        while (!done.load()) {
            const auto pages = registry.pages();
            ASSERT_EQ(pages->ready.status == 200, pages->ready.body.find("\"ok\"") != std::string::npos);
        }
    }};
    for (int i = 0; i < 2'000; ++i) registry.report(app, i % 2 == 0 ? up() : down("no"));
    done = true;
    probe.join();
}

}  // namespace
}  // namespace outrigger::health
