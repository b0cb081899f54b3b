// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/lifecycle.hpp>

#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/core/system_blocking_clock.hpp>
#include "../logging/kept_records.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

class Lifecycles : public ::testing::Test {
protected:
    // Hooks run at once, on this thread, in manual time; none of the process's signals is caught.
    LifecycleSettings settings() {
        return {.log = log,
                .signals = {},
                .clock = &clock,
                .execute = [](const std::function<void()>& run) { run(); }};
    }
    // A hook that writes its name down, and takes so long.
    auto takes(Duration length, std::string name) {
        return [this, length, name = std::move(name)] {
            order.push_back(name);
            clock.advance(length);
        };
    }
    // Hooks end so long after they were begun, while others go on.
    void end_later(LifecycleSettings& with, Duration length) {
        with.execute = [this, length](std::function<void()> run) { clock.in(length, std::move(run)); };
    }
    [[nodiscard]] Duration since_start() const { return clock.now() - start; }

    ManualBlockingClock clock;
    const Instant start = clock.now();
    std::vector<std::string> order;
    std::shared_ptr<logging::KeptRecords> kept = std::make_shared<logging::KeptRecords>();
    logging::Logger log{{.service = "orders", .sinks = {kept}, .clock = &clock}};
};

TEST_F(Lifecycles, phases_come_in_nest_s_order_and_hooks_as_destructors_do) {
    LifecycleSettings with = settings();
    health::Registry health;
    with.health = &health;
    with.in_flight = [this] {
        order.emplace_back("drained");
        return 0U;
    };
    Lifecycle lifecycle{with};
    lifecycle.after("pool", takes(1ms, "pool"));
    lifecycle.close("connections", takes(1ms, "connections"));
    lifecycle.close("server", [&](const Shutdown& told) {
        order.emplace_back("server");
        EXPECT_EQ(told.reason, "the end");
        EXPECT_EQ(told.deadline - clock.now(), 6s);
        EXPECT_EQ(health.pages()->ready.status, 503);
        EXPECT_EQ(health.pages()->live.status, 200);
    });
    lifecycle.before("consumer", takes(1ms, "consumer"));
    EXPECT_FALSE(lifecycle.stopping());
    const ShutdownReport report = lifecycle.shutdown("the end");
    EXPECT_EQ(order, (std::vector<std::string>{"drained", "consumer", "server", "connections", "pool"}));
    EXPECT_TRUE(lifecycle.stopping());
    EXPECT_TRUE(report.clean());
    EXPECT_EQ(report.reason, "the end");
    EXPECT_EQ(report.took, 5s + 3ms);
    EXPECT_EQ(health.pages()->health.body, R"({"status":"shutting_down","info":{},"error":{},"details":{}})");
}

TEST_F(Lifecycles, new_calls_are_served_for_the_delay_and_then_until_none_is_left) {
    LifecycleSettings with = settings();
    std::uint64_t calls = 3;
    with.in_flight = [&] { return calls; };
    clock.in(1s, [&] { calls = 0; });   // a pause between two calls is not the end
    clock.in(2s, [&] { calls = 7; });
    clock.in(6s, [&] { calls = 0; });
    Lifecycle lifecycle{with};
    lifecycle.close("server", takes(0s, "server"));
    const ShutdownReport report = lifecycle.shutdown("");
    EXPECT_EQ(report.took, 6s);
    EXPECT_EQ(report.cut, 0u);
}

TEST_F(Lifecycles, calls_that_do_not_end_are_cut_and_counted) {
    LifecycleSettings with = settings();
    with.in_flight = [] { return 2U; };
    Lifecycle lifecycle{with};
    lifecycle.close("server", takes(0s, "server"));
    const ShutdownReport report = lifecycle.shutdown("");
    EXPECT_EQ(report.took, 13s);
    EXPECT_EQ(report.cut, 2u);
    EXPECT_FALSE(report.clean());
    EXPECT_EQ(order, std::vector<std::string>{"server"});
}

TEST_F(Lifecycles, a_hook_that_throws_is_told_and_ends_nothing_else) {
    Lifecycle lifecycle{settings()};
    lifecycle.close("server", takes(0s, "server"));
    lifecycle.close("db", [] { throw std::runtime_error{"no such pool"}; });
    lifecycle.before("odd", [] { throw 7; });
    const ShutdownReport report = lifecycle.shutdown("");
    EXPECT_EQ(order, std::vector<std::string>{"server"});
    ASSERT_EQ(report.faults.size(), 2u);
    EXPECT_EQ(report.faults[0].why, "something that is no std::exception");
    EXPECT_EQ(report.faults[1].hook, "db");
    EXPECT_EQ(report.faults[1].phase, ShutdownPhase::close);
    EXPECT_EQ(report.faults[1].kind, HookFault::Kind::threw);
    EXPECT_EQ(report.faults[1].why, "no such pool");
    EXPECT_FALSE(report.unfinished());
    const auto records = kept->taken();
    EXPECT_TRUE(std::any_of(records.begin(), records.end(), [](const std::string& record) {
        return record.find(R"("message":"shutdown hook db: no such pool")") != std::string::npos &&
               record.find(R"("outrigger":{"hook":"db","phase":"close"})") != std::string::npos &&
               record.find(R"("action":"shutdown-hook-failed")") != std::string::npos;
    }));
    for (const std::string& record : records) EXPECT_EQ(record.find(R"("origin")"), std::string::npos) << record;
}

TEST_F(Lifecycles, a_hook_that_hangs_has_its_share_and_is_named_and_left_behind) {
    LifecycleSettings with = settings();
    with.delay = 0s;
    std::vector<std::function<void()>> hanging;
    with.execute = [&](std::function<void()> run) {
        if (hanging.empty())
            hanging.push_back(std::move(run));
        else
            run();
    };
    Lifecycle lifecycle{with};
    lifecycle.close("last", [&] { order.push_back("last at " + std::to_string(since_start() / 1ms)); });
    lifecycle.close("server", takes(0s, "server"));
    const ShutdownReport report = lifecycle.shutdown("");
    EXPECT_EQ(order, std::vector<std::string>{"last at 3000"}) << "half of 6 s was the first one's";
    ASSERT_EQ(report.faults.size(), 1u);
    EXPECT_EQ(report.faults[0].hook, "server");
    EXPECT_EQ(report.faults[0].kind, HookFault::Kind::left_behind);
    EXPECT_EQ(report.faults[0].why, "it has not ended within the 6000.0 ms of its phase");
    EXPECT_TRUE(report.unfinished());
    EXPECT_EQ(report.took, 6s);
    hanging[0]();   // and if it ends after all, it harms nobody
    EXPECT_EQ(order.back(), "server");
}

TEST_F(Lifecycles, a_slow_hook_goes_on_beside_those_behind_it) {
    LifecycleSettings with = settings();
    with.delay = 0s;
    end_later(with, 4s);
    Lifecycle lifecycle{with};
    lifecycle.close("second", takes(0s, "second"));
    lifecycle.close("first", takes(0s, "first"));
    const ShutdownReport report = lifecycle.shutdown("");
    // The first one begins at 0 s and ends at 4 s; the second one begins at 3 s, and would end at 7 s.
    EXPECT_EQ(order, std::vector<std::string>{"first"});
    ASSERT_EQ(report.faults.size(), 1u);
    EXPECT_EQ(report.faults[0].hook, "second");
}

TEST_F(Lifecycles, quick_hooks_leave_their_time_to_the_others) {
    LifecycleSettings with = settings();
    with.delay = 0s;
    Lifecycle lifecycle{with};
    Duration left{};
    lifecycle.close("slow", [&](const Shutdown& told) { left = told.deadline - clock.now(); });
    for (const char* name : {"a", "b", "c"}) lifecycle.close(name, takes(100ms, name));
    EXPECT_TRUE(lifecycle.shutdown("").clean());
    EXPECT_EQ(left, 6s - 300ms);
}

TEST_F(Lifecycles, where_there_is_not_enough_time_every_phase_has_less_and_the_log_what_it_had) {
    LifecycleSettings with = settings();
    with.timeout = 12s;   // the log's 2 s, and 10 s for 23 s
    with.in_flight = [] { return 1U; };
    Lifecycle lifecycle{with};
    std::vector<Duration> begun;
    lifecycle.before("consumer", [&] { begun.push_back(since_start()); });
    lifecycle.close("server", [&](const Shutdown& told) {
        begun.push_back(since_start());
        clock.advance(told.deadline - clock.now());
    });
    lifecycle.after("pool", [&] { begun.push_back(since_start()); });
    kept->flushes = false;
    const ShutdownReport report = lifecycle.shutdown("");
    ASSERT_EQ(begun.size(), 3u);
    EXPECT_NEAR(static_cast<double>(begun[0] / 1us), 13e7 / 23, 10) << "the drain's part of it";
    EXPECT_EQ(begun[1], begun[0]) << "who is quick takes no time from the others";
    EXPECT_NEAR(static_cast<double>(begun[2] / 1us), 21e7 / 23, 10);
    EXPECT_TRUE(report.faults.empty());
    EXPECT_FALSE(report.flushed);
    EXPECT_EQ(kept->flushed_within, 2s);
}

TEST_F(Lifecycles, a_hook_whose_phase_has_no_time_is_skipped_by_name_and_what_it_was_to_end_has_not_ended) {
    LifecycleSettings with = settings();
    with.timeouts.close = 0s;
    Lifecycle lifecycle{with};
    lifecycle.close("server", takes(0s, "server"));
    const ShutdownReport report = lifecycle.shutdown("");
    EXPECT_TRUE(order.empty());
    ASSERT_EQ(report.faults.size(), 1u);
    EXPECT_EQ(report.faults[0].hook, "server");
    EXPECT_EQ(report.faults[0].kind, HookFault::Kind::skipped);
    EXPECT_TRUE(report.unfinished());
}

TEST_F(Lifecycles, the_log_is_flushed_after_its_last_line) {
    Lifecycle lifecycle{settings()};
    EXPECT_EQ(kept->flushed_within, -1ns);
    (void)lifecycle.shutdown("SIGTERM");
    EXPECT_NE(kept->flushed_within, -1ns);
    const auto records = kept->taken();
    ASSERT_EQ(records.size(), 3u);
    EXPECT_NE(records[0].find(R"("message":"shutting down (SIGTERM), for at most 25000.0 ms")"), std::string::npos);
    EXPECT_NE(records[1].find(R"("message":"drained in 5000.0 ms, calls still in progress: 0")"), std::string::npos);
    EXPECT_NE(records[2].find(R"("message":"shut down in 5000.0 ms, hooks that failed: 0")"), std::string::npos);
}

TEST_F(Lifecycles, what_counts_the_calls_may_fail_too) {
    LifecycleSettings with = settings();
    with.in_flight = []() -> std::uint64_t { throw std::runtime_error{"no counter"}; };
    const ShutdownReport report = Lifecycle{with}.shutdown("");
    ASSERT_EQ(report.faults.size(), 1u);
    EXPECT_EQ(report.faults[0].hook, "in_flight");
    EXPECT_EQ(report.took, 5s) << "nobody waits for what cannot be known";
}

TEST_F(Lifecycles, a_shutdown_happens_once) {
    Lifecycle lifecycle{settings()};
    lifecycle.close("server", takes(0s, "server"));
    lifecycle.request_shutdown("first");
    lifecycle.request_shutdown("second");
    EXPECT_EQ(lifecycle.wait().reason, "first");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(lifecycle.wait().reason, "first") << "a further wait has the same report";
    EXPECT_EQ(lifecycle.shutdown("third").reason, "first");
    EXPECT_EQ(order, std::vector<std::string>{"server"});
}

TEST_F(Lifecycles, after_a_shutdown_however_many_wait_none_is_left_waiting) {
    Lifecycle lifecycle{settings()};
    (void)lifecycle.shutdown("the end");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(lifecycle.wait().reason, "the end");
}

TEST_F(Lifecycles, a_request_from_another_thread_ends_the_wait) {
    Lifecycle lifecycle{settings()};
    std::thread other{[&] { lifecycle.request_shutdown("POST /quit"); }};
    const ShutdownReport report = lifecycle.wait();
    other.join();
    EXPECT_EQ(report.reason, "POST /quit");
    EXPECT_EQ(report.signal, 0);
}

TEST_F(Lifecycles, several_live_side_by_side) {
    Lifecycle one{settings()};
    Lifecycle other{settings()};
    one.close("a", takes(0s, "a"));
    other.close("b", takes(0s, "b"));
    (void)other.shutdown("");
    EXPECT_FALSE(one.stopping());
    (void)one.shutdown("");
    EXPECT_EQ(order, (std::vector<std::string>{"b", "a"}));
}

TEST_F(Lifecycles, a_signal_begins_it_and_a_further_one_changes_nothing) {
    LifecycleSettings with = settings();
    with.signals = {SIGTERM, SIGINT};
    Lifecycle lifecycle{with};
    lifecycle.close("server", [&] {
        order.emplace_back("server");
        (void)std::raise(SIGINT);   // a second one, in the middle
    });
    (void)std::raise(SIGTERM);
    const ShutdownReport report = lifecycle.wait();
    EXPECT_EQ(report.reason, "SIGTERM");
    EXPECT_EQ(report.signal, SIGTERM);
    EXPECT_TRUE(report.clean());
    (void)std::raise(SIGTERM);
    EXPECT_EQ(lifecycle.wait().reason, "SIGTERM");
    EXPECT_EQ(order, std::vector<std::string>{"server"});
}

// In real time: nothing here waits for anything that does not happen at once.
TEST(LifecycleThreads, hooks_run_on_threads_of_their_own_that_have_ended_with_the_phase) {
    Lifecycle lifecycle{{.delay = 0s, .signals = {}}};
    std::vector<std::thread::id> ids;
    lifecycle.close("a", [&] { ids.push_back(std::this_thread::get_id()); });
    lifecycle.after("b", [&] { ids.push_back(std::this_thread::get_id()); });
    EXPECT_TRUE(lifecycle.shutdown("").clean());
    ASSERT_EQ(ids.size(), 2u);
    EXPECT_NE(ids[0], std::this_thread::get_id());
}

TEST(LifecycleThreads, a_hook_that_was_left_behind_may_outlive_the_lifecycle) {
    auto go = std::make_shared<Signal>();
    auto gone = std::make_shared<Signal>();
    {
        ManualBlockingClock clock;   // used by this thread alone
        Lifecycle lifecycle{{.delay = 0s, .signals = {}, .clock = &clock}};
        lifecycle.close("hangs", [go, gone](const Shutdown& told) {
            (void)SystemBlockingClock{}.wait(*go, never, std::stop_token{});
            EXPECT_EQ(told.reason, "a reason that is longer than what a string holds within itself");
            gone->raise();
        });
        const auto report = lifecycle.shutdown("a reason that is longer than what a string holds within itself");
        EXPECT_TRUE(report.unfinished());
    }
    go->raise();
    SystemBlockingClock clock;
    EXPECT_EQ(clock.wait(*gone, after(clock.now(), 60s), std::stop_token{}), Woken::raised);
}

TEST(LifecycleSettingsChecked, times_that_make_no_sense_are_refused) {
    EXPECT_THROW((Lifecycle{{.delay = -1s, .signals = {}}}), std::invalid_argument);
    EXPECT_THROW((Lifecycle{{.timeouts = {.close = 25h}, .signals = {}}}), std::invalid_argument);
}

}   // namespace
}   // namespace outrigger::middleware
