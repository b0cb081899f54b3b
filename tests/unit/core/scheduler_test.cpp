// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/scheduler.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/rng.hpp>

namespace outrigger {
namespace {

using namespace std::chrono_literals;

constexpr Fault left{Reason::caller_left, "gone"};

// How a wait ended, and when.
struct Ended {
    std::optional<Result<void>> result;
    Instant at{};
    int times = 0;

    [[nodiscard]] bool yet() const { return result.has_value(); }
    [[nodiscard]] bool well() const { return result && result->has_value(); }
    [[nodiscard]] Fault fault() const { return result && !*result ? result->error() : Fault{}; }
};

Task<void> wait_at(Gate& gate, Wait wait, Ended& ended) {
    ended.result = co_await gate.wait(wait);
    ended.at = gate.scheduler().now();
    ++ended.times;
}

Task<void> pause(Scheduler& scheduler, Duration length, Wait wait, Ended& ended) {
    ended.result = co_await Pause{scheduler, length, wait};
    ended.at = scheduler.now();
    ++ended.times;
}

class Waiting : public testing::Test {
protected:
    [[nodiscard]] Instant in(Duration length) { return loop.clock().now() + length; }

    ManualLoop loop;
    Gate gate{loop.scheduler()};
    Cancel cancel;
    Ended ended;
    TaskGroup tasks;
};

TEST_F(Waiting, at_an_open_gate_costs_no_suspension) {
    gate.open();
    tasks.spawn(wait_at(gate, {}, ended));
    EXPECT_TRUE(ended.well());
    EXPECT_FALSE(loop.scheduler().has_ready());
}

TEST_F(Waiting, ends_when_the_gate_opens_but_is_queued_never_resumed_inline) {
    tasks.spawn(wait_at(gate, {}, ended));
    EXPECT_FALSE(ended.yet());
    gate.open();
    EXPECT_FALSE(ended.yet()) << "open() resumed inline";
    EXPECT_TRUE(loop.scheduler().has_ready());
    loop.run();
    EXPECT_TRUE(ended.well());
}

TEST_F(Waiting, ends_with_the_fault_of_the_cancel_queued_never_resumed_inline) {
    tasks.spawn(wait_at(gate, {.cancel = &cancel}, ended));
    cancel.cancel(left);
    EXPECT_FALSE(ended.yet()) << "cancel() resumed inline";
    loop.run();
    EXPECT_EQ(ended.fault(), left);
}

TEST_F(Waiting, ends_at_its_deadline_with_the_reason_that_it_names) {
    tasks.spawn(wait_at(gate, {in(5ms), &cancel, Reason::request_timeout}, ended));
    loop.advance(5ms - 1ns);
    EXPECT_FALSE(ended.yet());
    loop.advance(1ns);
    ASSERT_TRUE(ended.yet());
    EXPECT_EQ(ended.fault().reason, Reason::request_timeout);
    EXPECT_EQ(ended.at, loop.clock().now());
}

TEST_F(Waiting, with_a_cancel_that_was_requested_before_ends_at_once_even_at_an_open_gate) {
    gate.open();
    cancel.cancel(left);
    tasks.spawn(wait_at(gate, {.cancel = &cancel}, ended));
    EXPECT_EQ(ended.fault(), left);
}

TEST_F(Waiting, with_a_deadline_in_the_past_ends_at_once_unless_the_gate_is_open) {
    tasks.spawn(wait_at(gate, {in(-1ns)}, ended));
    EXPECT_EQ(ended.fault().reason, Reason::timeout);
    gate.open();
    Ended open;
    tasks.spawn(wait_at(gate, {in(-1ns)}, open));
    EXPECT_TRUE(open.well()) << "what is there already did not come too late";
}

TEST_F(Waiting, the_first_source_decides_and_the_others_change_nothing) {
    tasks.spawn(wait_at(gate, {in(5ms), &cancel}, ended));
    gate.open();
    cancel.cancel(left);   // before the one who waits had its turn
    loop.advance(10ms);
    EXPECT_TRUE(ended.well());
    EXPECT_EQ(ended.times, 1);
}

TEST_F(Waiting, the_cancel_unlinks_the_gate_and_the_timer) {
    tasks.spawn(wait_at(gate, {in(5ms), &cancel}, ended));
    cancel.cancel(left);
    gate.open();
    loop.advance(10ms);
    EXPECT_EQ(ended.fault(), left);
    EXPECT_EQ(ended.times, 1);
}

TEST_F(Waiting, the_timer_unlinks_the_gate_and_the_cancel) {
    tasks.spawn(wait_at(gate, {in(5ms), &cancel}, ended));
    loop.clock().advance(5ms);
    loop.scheduler().refresh();
    loop.scheduler().timers().fire_until(loop.scheduler().now());
    EXPECT_FALSE(ended.yet()) << "a timer resumed inline";
    gate.open();
    cancel.cancel(left);
    loop.run();
    EXPECT_EQ(ended.fault().reason, Reason::timeout);
    EXPECT_EQ(ended.times, 1);
}

TEST_F(Waiting, a_cancel_after_the_wait_has_ended_finds_nobody) {
    tasks.spawn(wait_at(gate, {.cancel = &cancel}, ended));
    gate.open();
    loop.run();
    cancel.cancel(left);
    loop.run();
    EXPECT_TRUE(ended.well());
    EXPECT_EQ(ended.times, 1);
}

TEST_F(Waiting, a_closed_gate_makes_the_next_wait_suspend_again) {
    gate.open();
    EXPECT_TRUE(gate.is_open());
    gate.close();
    EXPECT_FALSE(gate.is_open());
    tasks.spawn(wait_at(gate, {in(1ms)}, ended));
    EXPECT_FALSE(ended.yet());
    loop.advance(1ms);
    EXPECT_EQ(ended.fault().reason, Reason::timeout);
}

TEST_F(Waiting, a_gate_that_closes_again_before_the_turn_has_still_let_one_through) {
    tasks.spawn(wait_at(gate, {}, ended));
    gate.open();
    gate.close();
    loop.run();
    EXPECT_TRUE(ended.well());
}

TEST_F(Waiting, a_deadline_moved_earlier_ends_the_wait_in_progress_earlier) {
    tasks.spawn(wait_at(gate, {in(1h)}, ended));
    gate.set_deadline(in(5ms), Reason::draining);
    loop.advance(5ms - 1ns);
    EXPECT_FALSE(ended.yet());
    loop.advance(1ns);
    EXPECT_EQ(ended.fault().reason, Reason::draining);
}

TEST_F(Waiting, a_deadline_moved_later_ends_it_later) {
    tasks.spawn(wait_at(gate, {in(5ms)}, ended));
    gate.set_deadline(in(20ms), Reason::timeout);
    loop.advance(20ms - 1ns);
    EXPECT_FALSE(ended.yet());
    loop.advance(1ns);
    EXPECT_TRUE(ended.yet());
}

TEST_F(Waiting, a_deadline_can_be_given_to_a_wait_that_had_none_and_taken_away) {
    tasks.spawn(wait_at(gate, {}, ended));
    gate.set_deadline(in(5ms), Reason::timeout);
    gate.set_deadline(never, Reason::timeout);
    loop.advance(1h);
    EXPECT_FALSE(ended.yet());
    gate.set_deadline(in(5ms), Reason::timeout);
    loop.advance(5ms);
    EXPECT_TRUE(ended.yet());
}

TEST_F(Waiting, a_deadline_moved_into_the_past_ends_it_in_the_next_turn) {
    tasks.spawn(wait_at(gate, {in(1h)}, ended));
    gate.set_deadline(in(-5ms), Reason::timeout);
    EXPECT_FALSE(ended.yet());
    loop.run();
    EXPECT_EQ(ended.fault().reason, Reason::timeout);
}

TEST_F(Waiting, set_deadline_without_a_wait_in_progress_touches_no_later_wait) {
    gate.set_deadline(in(1ms), Reason::timeout);
    tasks.spawn(wait_at(gate, {in(10ms)}, ended));
    loop.advance(10ms - 1ns);
    EXPECT_FALSE(ended.yet());
    loop.advance(1ns);
    EXPECT_TRUE(ended.yet());
}

TEST_F(Waiting, a_later_wait_is_not_ended_by_an_earlier_one_s_deadline) {
    tasks.spawn(wait_at(gate, {in(5ms)}, ended));
    gate.open();
    loop.run();
    gate.close();
    Ended second;
    tasks.spawn(wait_at(gate, {in(50ms)}, second));
    loop.advance(49ms);
    EXPECT_FALSE(second.yet());
    loop.advance(1ms);
    EXPECT_TRUE(second.yet());
}

TEST_F(Waiting, a_gate_may_end_as_soon_as_its_wait_was_queued) {
    std::optional<Gate> brief{std::in_place, loop.scheduler()};
    TaskGroup group;
    struct Alone {
        static Task<void> wait(Gate& at, Wait wait, bool& done) {
            (void)co_await at.wait(wait);
            done = true;
        }
    };
    bool done = false;
    group.spawn(Alone::wait(*brief, {in(5ms)}, done));
    brief->open();
    brief.reset();
    loop.advance(10ms);
    EXPECT_TRUE(done);
}

TEST_F(Waiting, until_takes_the_earlier_deadline_with_its_own_reason) {
    const Wait wait{in(10ms), &cancel, Reason::timeout};
    EXPECT_EQ(wait.until(in(20ms), Reason::attempt_timeout).deadline, in(10ms));
    EXPECT_EQ(wait.until(in(20ms), Reason::attempt_timeout).expiry, Reason::timeout);
    EXPECT_EQ(wait.until(in(5ms), Reason::attempt_timeout).deadline, in(5ms));
    EXPECT_EQ(wait.until(in(5ms), Reason::attempt_timeout).expiry, Reason::attempt_timeout);
    EXPECT_EQ(wait.until(in(5ms), Reason::attempt_timeout).cancel, &cancel);
}

TEST_F(Waiting, a_pause_ends_well_after_its_length) {
    tasks.spawn(pause(loop.scheduler(), 5ms, {in(1s)}, ended));
    loop.advance(5ms - 1ns);
    EXPECT_FALSE(ended.yet());
    loop.advance(1ns);
    EXPECT_TRUE(ended.well());
}

TEST_F(Waiting, a_pause_is_cut_by_an_earlier_deadline) {
    tasks.spawn(pause(loop.scheduler(), 5ms, {in(3ms), nullptr, Reason::attempt_timeout}, ended));
    loop.advance(3ms);
    EXPECT_EQ(ended.fault().reason, Reason::attempt_timeout);
}

TEST_F(Waiting, a_pause_that_ends_with_its_deadline_ends_well) {
    tasks.spawn(pause(loop.scheduler(), 5ms, {in(5ms)}, ended));
    loop.advance(5ms);
    EXPECT_TRUE(ended.well());
}

TEST_F(Waiting, a_pause_is_cut_by_a_cancel_and_unlinks_its_timer) {
    tasks.spawn(pause(loop.scheduler(), 5ms, {.cancel = &cancel}, ended));
    cancel.cancel(left);
    EXPECT_FALSE(ended.yet());
    loop.advance(1s);
    EXPECT_EQ(ended.fault(), left);
    EXPECT_EQ(ended.times, 1);
    EXPECT_EQ(loop.scheduler().timers().next(), never);
}

TEST_F(Waiting, a_pause_does_not_begin_when_it_is_cancelled_already) {
    cancel.cancel(left);
    tasks.spawn(pause(loop.scheduler(), 5ms, {.cancel = &cancel}, ended));
    EXPECT_EQ(ended.fault(), left);
}

TEST_F(Waiting, a_pause_longer_than_time_itself_waits_for_its_cancel) {
    tasks.spawn(pause(loop.scheduler(), Duration::max(), {.cancel = &cancel}, ended));
    loop.advance(1h);
    EXPECT_FALSE(ended.yet());
    cancel.cancel(left);
    loop.run();
    EXPECT_TRUE(ended.yet());
}

Task<void> say(Scheduler& scheduler, char name, int times, std::string& log) {
    for (int i = 0; i < times; ++i) {
        log += name;
        co_await Yield{scheduler};
    }
}

TEST_F(Waiting, yielding_lets_the_others_run_in_between) {
    std::string log;
    tasks.spawn(say(loop.scheduler(), 'a', 3, log));
    tasks.spawn(say(loop.scheduler(), 'b', 3, log));
    loop.run();
    EXPECT_EQ(log, "ababab");
}

struct Counting : Job {
    explicit Counting(Scheduler& its_scheduler)
        : Job{[](Job& self) noexcept {
              auto& job = static_cast<Counting&>(self);
              ++job.runs;
              job.scheduler.ready(job);   // and again, for ever
          }},
          scheduler{its_scheduler} {}
    Scheduler& scheduler;
    int runs = 0;
};

TEST(Scheduler, a_turn_runs_what_was_ready_when_it_began_and_nothing_more) {
    ManualLoop loop;
    Counting job{loop.scheduler()};
    loop.scheduler().ready(job);
    loop.scheduler().turn();
    EXPECT_EQ(job.runs, 1) << "I/O must get its share";
    EXPECT_TRUE(loop.scheduler().has_ready());
    loop.scheduler().turn();
    EXPECT_EQ(job.runs, 2);
}

TEST(Scheduler, now_stands_still_within_a_turn) {
    ManualLoop loop;
    const Instant before = loop.scheduler().now();
    loop.clock().advance(1s);
    EXPECT_EQ(loop.scheduler().now(), before);
    loop.scheduler().refresh();
    EXPECT_EQ(loop.scheduler().now(), before + 1s);
}

TEST(Scheduler, a_timer_s_task_runs_in_the_turn_that_fired_it) {
    ManualLoop loop;
    TaskGroup tasks;
    Ended ended;
    tasks.spawn(pause(loop.scheduler(), 1ms, {}, ended));
    loop.clock().advance(1ms);
    loop.scheduler().refresh();
    loop.scheduler().turn();
    EXPECT_TRUE(ended.well());
}

// Many waits, each ended by whatever comes first, against what that must be.
struct Waiter {
    explicit Waiter(Scheduler& scheduler) : gate{scheduler} {}
    Gate gate;
    Cancel cancel;
    Ended ended;
    Instant deadline = never;
    std::optional<Reason> expected;   // of the fault; nothing while it must still wait
    bool expects_well = false;
    bool decided = false;
};

TEST(Scheduler, among_thousands_of_random_sources_the_first_always_wins_and_exactly_once) {
    constexpr std::uint64_t seed = 4711;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    ManualLoop loop;
    TaskGroup tasks;
    std::deque<Waiter> waiters;
    for (int round = 0; round < 200; ++round) {
        for (int i = 0; i < 20; ++i) {
            Waiter& fresh = waiters.emplace_back(loop.scheduler());
            if (rng.below(3))
                fresh.deadline = loop.clock().now() + Duration{1 + static_cast<int>(rng.below(300))};
            tasks.spawn(wait_at(fresh.gate, {fresh.deadline, &fresh.cancel, Reason::timeout}, fresh.ended));
        }
        for (int i = 0; i < 15; ++i) {
            Waiter& any = waiters[rng.below(waiters.size())];
            switch (rng.below(3)) {
                case 0:
                    any.gate.open();
                    any.expects_well = any.expects_well || !any.decided;
                    any.decided = true;
                    break;
                case 1:
                    any.cancel.cancel(left);
                    if (!any.decided) any.expected = Reason::caller_left;
                    any.decided = true;
                    break;
                default:
                    if (any.decided) break;
                    any.deadline = loop.clock().now() + Duration{1 + static_cast<int>(rng.below(300))};
                    any.gate.set_deadline(any.deadline, Reason::timeout);
            }
        }
        loop.advance(Duration{static_cast<int>(rng.below(40))});
        for (Waiter& waiter : waiters) {
            if (!waiter.decided && waiter.deadline <= loop.clock().now()) {
                waiter.expected = Reason::timeout;
                waiter.decided = true;
            }
            ASSERT_EQ(waiter.ended.times, waiter.decided ? 1 : 0);
            if (!waiter.decided) continue;
            ASSERT_EQ(waiter.ended.well(), waiter.expects_well);
            if (waiter.expected) {
                ASSERT_EQ(waiter.ended.fault().reason, *waiter.expected);
            }
        }
    }
    for (Waiter& waiter : waiters) waiter.cancel.cancel(left);
    loop.run();
    EXPECT_EQ(tasks.running(), 0u);
}

}   // namespace
}   // namespace outrigger
