// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/bulkhead.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_blocking_clock.hpp>

#include <functional>
#include <stop_token>
#include <utility>

#include "callers.hpp"

// Callers that block their thread, alone and in one queue with those of an event loop.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Bulkhead one_slot{.concurrent = 1, .queue = 3, .wait = 50ms};

class BlockingCallers : public testing::Test {
protected:
    [[nodiscard]] Result<Slot> enter() { return bulkhead.enter(clock); }

    ConcurrencyLimiter bulkhead{one_slot};
    ManualBlockingClock clock;
    std::stop_source stop;
};

TEST_F(BlockingCallers, enter_a_free_slot_without_waiting) {
    const Result<Slot> slot = enter();
    ASSERT_TRUE(slot);
    EXPECT_EQ(bulkhead.in_use(), 1U);
    EXPECT_TRUE(clock.waits().empty());
}

TEST_F(BlockingCallers, wait_for_the_slot_that_comes_free) {
    Slot first = std::move(*enter());
    clock.in(20ms, [&] { first.leave(); });
    const Result<Slot> second = enter();
    ASSERT_TRUE(second);
    EXPECT_EQ(clock.waits().at(0).end - clock.waits().at(0).from, 20ms);
    EXPECT_EQ(bulkhead.in_use(), 1U);
    EXPECT_EQ(bulkhead.waiting(), 0U);
}

TEST_F(BlockingCallers, are_refused_after_the_longest_wait) {
    const Result<Slot> first = enter();
    const Instant begin = clock.now();
    const Result<Slot> second = enter();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(),
              (Fault{Reason::concurrency_limited, "no slot came free within the longest wait"}));
    EXPECT_EQ(clock.now(), begin + 50ms);
    EXPECT_EQ(bulkhead.refused(), 1U);
    EXPECT_EQ(bulkhead.waiting(), 0U);
}

TEST_F(BlockingCallers, end_at_their_own_earlier_deadline_with_the_reason_they_gave) {
    const Result<Slot> first = enter();
    const auto wait = [&](Instant deadline, Reason expiry) {
        return bulkhead.enter(clock, deadline, {}, expiry).error().reason;
    };
    EXPECT_EQ(wait(clock.now() + 20ms, Reason::deadline_expired), Reason::deadline_expired);
    EXPECT_EQ(wait(clock.now() + 20ms, Reason::timeout), Reason::timeout);
    EXPECT_EQ(wait(clock.now(), Reason::attempt_timeout), Reason::attempt_timeout) << "without waiting";
    EXPECT_EQ(clock.waits().size(), 2U);
    EXPECT_EQ(bulkhead.refused(), 0U) << "it was their own deadline";
}

TEST_F(BlockingCallers, who_stop_have_left) {
    Slot first = std::move(*enter());
    clock.in(10ms, [&] { stop.request_stop(); });
    EXPECT_EQ(bulkhead.enter(clock, never, stop.get_token()).error().reason, Reason::caller_left);
    EXPECT_EQ(bulkhead.waiting(), 0U);
    first.leave();
    EXPECT_EQ(bulkhead.enter(clock, never, stop.get_token()).error().reason, Reason::caller_left)
        << "even if one is free";
    EXPECT_EQ(bulkhead.in_use(), 0U);
}

TEST_F(BlockingCallers, are_refused_at_once_by_a_full_queue) {
    ConcurrencyLimiter none{{.concurrent = 1, .queue = 0}};
    const Result<Slot> first = none.enter(clock);
    EXPECT_EQ(none.enter(clock).error().detail, "every slot is taken and the queue is full");
    EXPECT_TRUE(clock.waits().empty());
}

TEST_F(BlockingCallers, without_a_wait_are_refused_too) {
    ConcurrencyLimiter impatient{{.concurrent = 1, .queue = 3, .wait = 0s}};
    const Result<Slot> first = impatient.enter(clock);
    EXPECT_EQ(impatient.enter(clock).error().reason, Reason::concurrency_limited);
    EXPECT_TRUE(clock.waits().empty());
}

TEST_F(BlockingCallers, take_a_slot_that_comes_at_the_last_moment) {
    Slot first = std::move(*enter());
    clock.in(50ms, [&] { first.leave(); });
    EXPECT_TRUE(enter());
    EXPECT_EQ(bulkhead.in_use(), 0U);
}

TEST_F(BlockingCallers, who_stop_when_their_slot_is_there_pass_it_on) {
    Slot first = std::move(*enter());
    clock.in(10ms, [&] {
        first.leave();
        stop.request_stop();
    });
    EXPECT_EQ(bulkhead.enter(clock, never, stop.get_token()).error().reason, Reason::caller_left);
    EXPECT_EQ(bulkhead.in_use(), 0U);
    EXPECT_TRUE(enter());
}

// A clock whose waits end before the signal that is raised during them is looked at: the race between grant and give-up.
class LateClock final : public BlockingClock {
public:
    explicit LateClock(std::function<void()> meanwhile, Woken woken)
        : meanwhile_{std::move(meanwhile)}, woken_{woken} {}
    [[nodiscard]] Instant now() const noexcept override { return clock_.now(); }
    [[nodiscard]] WallTime wall() const noexcept override { return clock_.wall(); }
    [[nodiscard]] Woken wait(Signal&, Instant, const std::stop_token&) noexcept override {
        meanwhile_();
        return woken_;
    }

private:
    ManualClock clock_;
    std::function<void()> meanwhile_;
    Woken woken_;
};

TEST_F(BlockingCallers, lose_no_slot_when_grant_and_give_up_race) {
    for (const Woken woken : {Woken::due, Woken::stopped}) {
        Slot first = std::move(*enter());
        LateClock late{[&] { first.leave(); }, woken};
        const Result<Slot> second = bulkhead.enter(late);
        EXPECT_EQ(second.has_value(), woken == Woken::due);
        EXPECT_EQ(bulkhead.in_use(), woken == Woken::due ? 1U : 0U);
        EXPECT_EQ(bulkhead.waiting(), 0U);
    }
    EXPECT_EQ(bulkhead.refused(), 0U);
}

TEST_F(BlockingCallers, enter_at_once_in_shadow_mode) {
    ConcurrencyLimiter shadow{{.concurrent = 1, .queue = 0, .shadow = true}};
    const Result<Slot> first = shadow.enter(clock);
    EXPECT_TRUE(shadow.enter(clock));
    EXPECT_EQ(shadow.refused(), 1U);
    EXPECT_TRUE(clock.waits().empty());
}

class MixedCallers : public BlockingCallers {
protected:
    void TearDown() override {
        guest.cancel.cancel({Reason::caller_left, "gone"});
        loop.run();
    }
    void arrives() {
        tasks.spawn(resilience::enter(bulkhead, loop.scheduler(), {.cancel = &guest.cancel}, guest));
    }

    ManualLoop loop;
    Guest guest;
    TaskGroup tasks;
};

TEST_F(MixedCallers, one_who_blocks_waits_behind_an_earlier_one_of_a_loop) {
    Slot first = std::move(*enter());
    arrives();
    clock.in(10ms, [&] { first.leave(); });
    clock.in(11ms, [&] {
        loop.run();
        EXPECT_TRUE(guest.inside());
        EXPECT_EQ(bulkhead.waiting(), 1U);
    });
    clock.in(20ms, [&] { guest.leave(); });
    const Instant begin = clock.now();
    EXPECT_TRUE(enter());
    EXPECT_EQ(clock.now(), begin + 20ms);
}

TEST_F(MixedCallers, one_of_a_loop_waits_behind_an_earlier_one_who_blocks) {
    Slot first = std::move(*enter());
    clock.in(5ms, [&] { arrives(); });
    clock.in(10ms, [&] { first.leave(); });
    Result<Slot> blocked = enter();
    ASSERT_TRUE(blocked);
    loop.run();
    EXPECT_FALSE(guest.decided());
    blocked->leave();
    loop.run();
    EXPECT_TRUE(guest.inside());
}

TEST_F(MixedCallers, one_who_blocks_and_gives_up_disturbs_nobody) {
    Slot first = std::move(*enter());
    clock.in(5ms, [&] { arrives(); });
    EXPECT_EQ(bulkhead.enter(clock, clock.now() + 10ms).error().reason, Reason::timeout);
    first.leave();
    loop.run();
    EXPECT_TRUE(guest.inside());
}

}   // namespace
}   // namespace outrigger::resilience
