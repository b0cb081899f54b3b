// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/bulkhead.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/cancel.hpp>
#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/task.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

// A bulkhead before a slow callee, under a load that comes and goes.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

struct Visit {
    Instant came;
    std::optional<Duration> waited;   // until it was inside, or refused
    std::optional<Fault> refused;
};

class SlowCallee {
public:
    SlowCallee(const Bulkhead& settings, Duration takes) : bulkhead{settings}, takes_{takes} {}

    // Callers at this pace for this time.
    void load(Duration every, Duration length, Wait wait = {}) {
        for (const Instant end = loop.clock().now() + length; loop.clock().now() < end; loop.advance(every)) {
            tasks_.spawn(visit(visits.emplace_back(Visit{loop.clock().now(), {}, {}}), wait));
            most_inside = std::max(most_inside, bulkhead.in_use());
            most_waiting = std::max(most_waiting, bulkhead.waiting());
        }
    }
    void rest(Duration length) { loop.advance(length); }
    [[nodiscard]] auto count(auto predicate) const {
        return std::count_if(visits.begin(), visits.end(), predicate);
    }

    ManualLoop loop;
    ConcurrencyLimiter bulkhead;
    std::deque<Visit> visits;
    std::uint32_t most_inside = 0;
    std::uint32_t most_waiting = 0;

private:
    Task<void> visit(Visit& visit, Wait wait) {
        if (wait.deadline != never) wait.deadline = visit.came + (wait.deadline - Instant{});
        Result<Slot> slot = co_await bulkhead.enter(loop.scheduler(), wait);
        visit.waited = loop.scheduler().now() - visit.came;
        if (!slot) {
            visit.refused = slot.error();
            co_return;
        }
        Result<void> slept = co_await Pause{loop.scheduler(), takes_, {}};
        static_cast<void>(slept);
    }

    Duration takes_;
    TaskGroup tasks_;
};

constexpr Bulkhead ten_slots{.concurrent = 10, .queue = 5, .wait = 100ms};

TEST(BulkheadScenario, a_load_that_fits_never_waits) {
    SlowCallee callee{ten_slots, 1s};
    callee.load(100ms, 60s);   // ten at once
    EXPECT_EQ(callee.most_inside, 10U);
    EXPECT_EQ(callee.count([](const Visit& v) { return v.refused || v.waited != 0s; }), 0);
    callee.rest(1s);
}

TEST(BulkheadScenario, twice_the_load_is_served_as_fast_as_before_and_the_rest_is_refused_within_the_wait) {
    SlowCallee callee{ten_slots, 1s};
    callee.load(50ms, 60s);
    callee.rest(2s);
    const auto served = callee.count([](const Visit& v) { return !v.refused; });
    EXPECT_NEAR(static_cast<double>(served), 600, 15) << "ten a second, and what was inside at the end";
    EXPECT_EQ(callee.count([](const Visit& v) { return v.waited > 100ms; }), 0);
    EXPECT_LE(callee.most_inside, 10U);
    EXPECT_LE(callee.most_waiting, 5U);
    EXPECT_EQ(static_cast<std::int64_t>(callee.bulkhead.refused()), callee.count([](const Visit& v) {
        return v.refused && v.refused->reason == Reason::concurrency_limited;
    }));
}

TEST(BulkheadScenario, after_a_crowd_has_gone_everybody_enters_at_once_again) {
    SlowCallee callee{ten_slots, 1s};
    callee.load(1ms, 5s);
    callee.rest(3s);
    EXPECT_EQ(callee.bulkhead.in_use(), 0U);
    EXPECT_EQ(callee.bulkhead.waiting(), 0U);
    callee.visits.clear();
    callee.load(200ms, 10s);
    EXPECT_EQ(callee.count([](const Visit& v) { return v.refused || v.waited != 0s; }), 0);
    callee.rest(1s);
}

TEST(BulkheadScenario, those_who_wait_enter_in_the_order_in_which_they_came) {
    SlowCallee callee{{.concurrent = 3, .queue = 1000, .wait = 1h}, 100ms};
    callee.load(7ms, 3s);
    callee.rest(1min);
    std::vector<Instant> entered;
    for (const Visit& visit : callee.visits) entered.push_back(visit.came + *visit.waited);
    EXPECT_TRUE(std::is_sorted(entered.begin(), entered.end()));
    EXPECT_GT(callee.most_waiting, 100U);
}

TEST(BulkheadScenario, impatient_callers_end_by_their_own_deadline_and_are_no_refusals_of_the_bulkhead) {
    SlowCallee callee{{.concurrent = 1, .queue = 100, .wait = 1s}, 10s};
    callee.load(500ms, 20s, {.deadline = Instant{30ms}, .expiry = Reason::deadline_expired});
    EXPECT_EQ(callee.count(
                  [](const Visit& v) { return v.refused && v.refused->reason == Reason::deadline_expired; }),
              38);
    EXPECT_EQ(callee.bulkhead.refused(), 0U);
    callee.rest(10s);
}

TEST(BulkheadScenario, a_shadow_refuses_nobody_and_counts_about_as_many_as_would_have_been) {
    Bulkhead settings = ten_slots;
    settings.wait = 1h;   // how long one would have waited a shadow cannot know
    SlowCallee real{settings, 1s};
    settings.shadow = true;
    SlowCallee shadow{settings, 1s};
    real.load(20ms, 30s);
    shadow.load(20ms, 30s);
    EXPECT_EQ(shadow.count([](const Visit& v) { return v.refused || v.waited != 0s; }), 0);
    EXPECT_GT(shadow.bulkhead.refused(), real.bulkhead.refused())
        << "it lets in those whom the real one kept out";
    EXPECT_EQ(shadow.most_inside, 50U);
    real.rest(1min);
    shadow.rest(1min);
}

// One thread that blocks, again and again, beside a loop that keeps the bulkhead full.
TEST(BulkheadScenario, one_who_blocks_gets_his_turn_beside_a_busy_loop) {
    SlowCallee callee{{.concurrent = 2, .queue = 50, .wait = 10s}, 100ms};
    callee.load(40ms, 2s);
    ManualBlockingClock clock;
    std::function<void()> tick = [&] {
        callee.load(40ms, 40ms);
        clock.in(40ms, tick);
    };
    clock.in(0ms, tick);
    for (int i = 0; i < 20; ++i) {
        const Instant came = clock.now();
        const Result<Slot> slot = callee.bulkhead.enter(clock);
        ASSERT_TRUE(slot);
        EXPECT_LE(clock.now() - came, 51 * 50ms) << "behind at most a full queue";
        clock.advance(10ms);
    }
    callee.rest(1min);
}

}   // namespace
}   // namespace outrigger::resilience
