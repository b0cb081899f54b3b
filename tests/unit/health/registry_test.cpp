// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/registry.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

// Collects the changes, and waits for them.
struct Changes {
    std::function<void(const CheckChanged&)> observer() {
        return [this](const CheckChanged& changed) {
            const std::scoped_lock lock{mutex};
            told.push_back(std::string{changed.check} + ' ' + std::string{to_string(changed.to)});
            more.notify_all();
        };
    }
    void wait_for(const std::string& change) {
        std::unique_lock lock{mutex};
        EXPECT_TRUE(more.wait_for(lock, 20s, [&] {
            return std::find(told.begin(), told.end(), change) != told.end();
        })) << change;
    }
    std::mutex mutex;
    std::condition_variable more;
    std::vector<std::string> told;
};

TEST(Registry, runs_what_it_is_given_and_shows_it) {
    Changes changes;
    std::atomic<bool> well{true};
    Registry registry{{.refresh = 5ms, .on_change = changes.observer()}};
    registry.ready("db", custom([&] { return well ? up() : down("no answer"); }));
    registry.ready("cache", custom([] { return down("gone"); }), {.optional = true});
    changes.wait_for("db up");
    changes.wait_for("cache down");
    EXPECT_EQ(registry.pages()->ready.status, 200);
    EXPECT_EQ(
        registry.pages()->ready.body,
        R"({"status":"degraded","info":{"db":{"status":"up"},"cache":{"message":"gone","status":"degraded"}},)"
        R"("error":{},"details":{"db":{"status":"up"},"cache":{"message":"gone","status":"degraded"}}})");
    well = false;
    changes.wait_for("db down");
    EXPECT_EQ(registry.pages()->ready.status, 503);
    EXPECT_EQ(registry.pages()->startup.status, 200) << "it was up once";
    const auto transitions = registry.transitions();
    EXPECT_EQ(transitions.back().check, "db");
    EXPECT_EQ(transitions.back().message, "no answer");
    EXPECT_GT(transitions.back().at, WallTime{});
}

TEST(Registry, a_check_of_the_start_is_not_one_of_readiness) {
    Changes changes;
    Registry registry{{.on_change = changes.observer()}};
    registry.startup("migrated", custom([] { return down("at step 3"); }));
    changes.wait_for("migrated down");
    EXPECT_EQ(registry.pages()->ready.status, 200);
    EXPECT_EQ(registry.pages()->startup.status, 503);
}

TEST(Registry, a_passive_check_is_reported_by_whoever_knows) {
    Registry registry;
    const auto breaker = registry.add("users");
    EXPECT_EQ(registry.pages()->ready.status, 503);
    registry.report(breaker, up());
    EXPECT_EQ(registry.pages()->ready.status, 200);
}

TEST(Registry, what_is_expected_is_down_until_it_is_there) {
    Changes changes;
    Registry registry{{.on_change = changes.observer()}};
    registry.expect("plugin");
    EXPECT_NE(registry.pages()->ready.body.find("expected, but not added yet"), std::string::npos);
    registry.ready("plugin", custom([] { return up(); }));
    changes.wait_for("plugin up");
    EXPECT_EQ(registry.pages()->ready.status, 200);
    EXPECT_THROW(registry.ready("plugin", custom([] { return up(); })), std::invalid_argument);
}

TEST(Registry, stop_waits_no_longer_than_told_and_names_what_still_runs) {
    std::atomic<bool> begun{false};
    std::atomic<bool> release{false};
    Changes changes;
    Registry registry{{.refresh = 5ms, .on_change = changes.observer()}};
    EXPECT_TRUE(Registry{}.stop(1h).empty());
    registry.ready("quick", custom([] { return up(); }));
    registry.ready("stuck", custom([&] {
                       begun = true;
                       begun.notify_all();
                       release.wait(false);
                       return up();
                   }));
    begun.wait(false);
    changes.wait_for("quick up");
    EXPECT_EQ(registry.stop(20ms), std::vector<std::string>{"stuck"});
    EXPECT_EQ(registry.stop(0ms), std::vector<std::string>{"stuck"});
    release = true;
    release.notify_all();
    EXPECT_TRUE(registry.stop(20s).empty());
}

TEST(Registry, what_an_observer_throws_is_ignored) {
    std::atomic<int> told{0};
    Registry registry{{.refresh = 5ms, .on_change = [&](const CheckChanged&) {
                           ++told;
                           told.notify_all();
                           throw 7;
                       }}};
    EXPECT_NO_THROW(registry.report(registry.add("passive"), up()));
    registry.ready("run", custom([] { return up(); }));
    told.wait(1);
    EXPECT_EQ(registry.pages()->ready.status, 200);
}

TEST(Registry, refuses_what_makes_no_sense) {
    EXPECT_THROW(Registry{{.refresh = 0s}}, std::invalid_argument);
    EXPECT_THROW(Registry{{.timeout = -1s}}, std::invalid_argument);
    EXPECT_THROW(Registry{{.threads = 0}}, std::invalid_argument);
    Registry registry;
    const auto well = custom([] { return up(); });
    EXPECT_THROW(registry.ready("a", Indicator{}), std::invalid_argument);
    EXPECT_THROW(registry.ready("a", well, {.every = 0s}), std::invalid_argument);
    EXPECT_THROW(registry.ready("a", well, {.timeout = 0s}), std::invalid_argument);
    EXPECT_THROW(registry.ready("a", well, {.every = Duration::max()}), std::invalid_argument);
    EXPECT_THROW(registry.ready("a", well, {.stale_after = 0s}), std::invalid_argument);
    EXPECT_THROW(registry.add("a", well, {.group = Group::own, .page = "live"}), std::invalid_argument);
    EXPECT_THROW(registry.add("a", well, {.group = Group::own}), std::invalid_argument);
    EXPECT_EQ(registry.pages()->ready.body, R"({"status":"ok","info":{},"error":{},"details":{}})");
}

TEST(Registry, without_indicators_it_has_no_threads_and_passes_the_rest_on) {
    Registry registry{{.wedged_after = 10s}};
    Heartbeat& worker = registry.watch("worker0", Instant{1h});
    EXPECT_EQ(registry.look(Instant{1h} + 11s).size(), 1U);
    EXPECT_EQ(registry.pages()->live.status, 503);
    worker.beat(Instant{1h} + 11s);
    EXPECT_EQ(registry.look(Instant{1h} + 12s).size(), 1U);
    EXPECT_FALSE(registry.draining());
    EXPECT_TRUE(registry.begin_drain());
    EXPECT_TRUE(registry.draining());
    EXPECT_EQ(registry.pages()->ready.status, 503);
    EXPECT_EQ(registry.pages()->live.status, 200);
}

}   // namespace
}   // namespace outrigger::health
