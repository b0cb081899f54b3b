// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/bulkhead.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/validate.hpp>

#include <deque>
#include <stdexcept>
#include <utility>

#include "callers.hpp"

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Fault left{Reason::caller_left, "gone"};

class OneLoop : public testing::Test {
protected:
    void TearDown() override {
        for (Guest& guest : guests) guest.cancel.cancel(left);
        loop.run();
    }
    ConcurrencyLimiter& open(const Bulkhead& settings) { return kept.emplace(settings); }
    Guest& arrives(ConcurrencyLimiter& bulkhead, Duration deadline = 1h) {
        Guest& guest = guests.emplace_back();
        const Wait wait{loop.clock().now() + deadline, &guest.cancel, Reason::timeout};
        tasks.spawn(enter(bulkhead, loop.scheduler(), wait, guest));
        return guest;
    }

    ManualLoop loop;
    std::optional<ConcurrencyLimiter> kept;
    std::deque<Guest> guests;
    TaskGroup tasks;
};
using Entering = OneLoop;
using Queue = OneLoop;
using Shadow = OneLoop;

TEST_F(Entering, a_free_slot_costs_no_suspension) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 2, .queue = 1});
    Guest& guest = arrives(bulkhead);
    EXPECT_TRUE(guest.inside());
    EXPECT_FALSE(loop.scheduler().has_ready());
    EXPECT_EQ(bulkhead.in_use(), 1U);
    guest.leave();
    EXPECT_EQ(bulkhead.in_use(), 0U);
    EXPECT_EQ(bulkhead.refused(), 0U);
}

TEST_F(Entering, without_concurrent_everybody_enters) {
    ConcurrencyLimiter& bulkhead = open({.queue = 0});
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(arrives(bulkhead).inside());
    EXPECT_EQ(bulkhead.in_use(), 1000U);
    guests.clear();
    EXPECT_EQ(bulkhead.in_use(), 0U);
}

TEST_F(Entering, a_full_queue_refuses_at_once) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 1});
    const Guest& inside = arrives(bulkhead);
    const Guest& waits = arrives(bulkhead);
    const Guest& refused = arrives(bulkhead);
    EXPECT_TRUE(inside.inside());
    EXPECT_FALSE(waits.decided());
    EXPECT_EQ(refused.fault().reason, Reason::concurrency_limited);
    EXPECT_EQ(refused.fault().detail, "every slot is taken and the queue is full");
    EXPECT_EQ(bulkhead.in_use(), 1U);
    EXPECT_EQ(bulkhead.waiting(), 1U);
    EXPECT_EQ(bulkhead.refused(), 1U);
    loop.advance(1s);
    EXPECT_EQ(bulkhead.refused(), 2U) << "the one that waited";
}

TEST_F(Entering, without_a_queue_refuses_whoever_finds_no_free_slot) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 0});
    Guest& inside = arrives(bulkhead);
    EXPECT_EQ(arrives(bulkhead).fault().reason, Reason::concurrency_limited);
    inside.leave();
    EXPECT_TRUE(arrives(bulkhead).inside());
}

TEST_F(Entering, without_a_wait_refuses_too) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 5, .wait = 0s});
    arrives(bulkhead);
    EXPECT_EQ(arrives(bulkhead).fault().reason, Reason::concurrency_limited);
    EXPECT_EQ(bulkhead.waiting(), 0U);
}

TEST_F(Entering, with_a_cancel_that_was_requested_before_takes_no_slot) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1});
    Guest guest;
    guest.cancel.cancel(left);
    tasks.spawn(enter(bulkhead, loop.scheduler(), {.cancel = &guest.cancel}, guest));
    EXPECT_EQ(guest.fault(), left);
    EXPECT_EQ(bulkhead.in_use(), 0U);
}

TEST_F(Entering, with_a_deadline_in_the_past_enters_a_free_slot_but_does_not_wait) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1});
    EXPECT_TRUE(arrives(bulkhead, -1ns).inside());
    EXPECT_EQ(arrives(bulkhead, -1ns).fault().reason, Reason::timeout);
    EXPECT_EQ(bulkhead.refused(), 0U) << "it was its own deadline";
}

TEST_F(Queue, a_free_slot_goes_to_the_longest_waiter_queued_never_resumed_inline) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 2});
    Guest& inside = arrives(bulkhead);
    Guest& first = arrives(bulkhead);
    Guest& second = arrives(bulkhead);
    inside.leave();
    EXPECT_FALSE(first.decided()) << "leave() resumed inline";
    EXPECT_EQ(bulkhead.in_use(), 1U) << "the slot is on its way";
    EXPECT_EQ(bulkhead.waiting(), 1U);
    loop.run();
    EXPECT_TRUE(first.inside());
    EXPECT_FALSE(second.decided());
    first.leave();
    loop.run();
    EXPECT_TRUE(second.inside());
}

TEST_F(Queue, nobody_overtakes) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 2});
    Guest& inside = arrives(bulkhead);
    Guest& first = arrives(bulkhead);
    inside.leave();
    Guest& late = arrives(bulkhead);   // while the slot is on its way to the first
    EXPECT_FALSE(late.decided());
    EXPECT_FALSE(bulkhead.try_enter());
    loop.run();
    EXPECT_TRUE(first.inside());
    EXPECT_FALSE(late.decided());
    first.leave();
    loop.run();
    EXPECT_TRUE(late.inside());
}

TEST_F(Queue, the_longest_wait_ends_with_a_refusal) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 1, .wait = 50ms});
    arrives(bulkhead);
    const Guest& waits = arrives(bulkhead);
    loop.advance(50ms - 1ns);
    EXPECT_FALSE(waits.decided());
    loop.advance(1ns);
    EXPECT_EQ(waits.fault().reason, Reason::concurrency_limited);
    EXPECT_EQ(waits.fault().detail, "no slot came free within the longest wait");
    EXPECT_EQ(bulkhead.waiting(), 0U);
    EXPECT_EQ(bulkhead.refused(), 1U);
}

TEST_F(Queue, a_wait_s_own_earlier_deadline_ends_it_with_its_own_reason) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 1, .wait = 50ms});
    arrives(bulkhead);
    const Guest& waits = arrives(bulkhead, 20ms);
    loop.advance(20ms);
    EXPECT_EQ(waits.fault().reason, Reason::timeout);
    EXPECT_EQ(bulkhead.refused(), 0U);
}

TEST_F(Queue, who_is_cancelled_frees_a_place_queued_never_resumed_inline) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 1});
    Guest& inside = arrives(bulkhead);
    Guest& waits = arrives(bulkhead);
    waits.cancel.cancel(left);
    EXPECT_FALSE(waits.decided()) << "cancel() resumed inline";
    EXPECT_EQ(bulkhead.waiting(), 0U);
    Guest& next = arrives(bulkhead);
    EXPECT_FALSE(next.decided()) << "there was room in the queue";
    inside.leave();
    loop.run();
    EXPECT_EQ(waits.fault(), left);
    EXPECT_TRUE(next.inside());
    EXPECT_EQ(bulkhead.refused(), 0U);
}

TEST_F(Queue, who_leaves_from_its_middle_disturbs_nobody) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 5});
    Guest& inside = arrives(bulkhead);
    Guest& a = arrives(bulkhead);
    Guest& b = arrives(bulkhead);
    Guest& c = arrives(bulkhead);
    b.cancel.cancel(left);
    inside.leave();
    loop.run();
    ASSERT_TRUE(a.inside());
    a.leave();
    loop.run();
    EXPECT_TRUE(c.inside());
    EXPECT_EQ(b.fault(), left);
}

TEST_F(Queue, a_slot_that_arrives_at_one_who_was_cancelled_goes_to_the_next) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 2});
    Guest& inside = arrives(bulkhead);
    Guest& first = arrives(bulkhead);
    Guest& second = arrives(bulkhead);
    inside.leave();              // on its way to the first
    first.cancel.cancel(left);   // who does not want it any more
    loop.run();
    EXPECT_EQ(first.fault(), left);
    EXPECT_TRUE(second.inside());
    EXPECT_EQ(first.times, 1);
}

TEST_F(Queue, a_slot_that_arrives_at_one_who_gave_up_goes_to_the_next) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 2, .wait = 50ms});
    Guest& inside = arrives(bulkhead);
    Guest& first = arrives(bulkhead);
    loop.advance(30ms);
    Guest& second = arrives(bulkhead);
    loop.clock().advance(20ms);
    inside.leave();   // posted, but the timer fires first in the loop's next turn
    loop.scheduler().refresh();
    loop.scheduler().timers().fire_until(loop.scheduler().now());
    first.cancel.cancel(left);   // too late to matter
    loop.run();
    EXPECT_EQ(first.fault().reason, Reason::concurrency_limited);
    EXPECT_TRUE(second.inside());
    EXPECT_EQ(bulkhead.refused(), 1U);
}

TEST_F(Queue, a_slot_that_arrives_where_all_gave_up_is_free_again) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 2});
    Guest& inside = arrives(bulkhead);
    Guest& only = arrives(bulkhead);
    inside.leave();
    only.cancel.cancel(left);
    loop.run();
    EXPECT_EQ(bulkhead.in_use(), 0U);
    EXPECT_TRUE(arrives(bulkhead).inside());
}

TEST_F(Queue, is_handed_over_to_the_waiter_s_own_loop) {
    ManualLoop other;
    ConcurrencyLimiter& bulkhead = open({.concurrent = 1, .queue = 1});
    Guest& inside = arrives(bulkhead);
    Guest guest;
    TaskGroup theirs;
    theirs.spawn(enter(bulkhead, other.scheduler(), {.cancel = &guest.cancel}, guest));
    inside.leave();
    loop.run();
    EXPECT_FALSE(guest.decided());
    other.run();
    EXPECT_TRUE(guest.inside());
}

TEST(Slots, are_moved_and_given_back_once) {
    ConcurrencyLimiter bulkhead{{.concurrent = 2}};
    Result<Slot> entered = bulkhead.try_enter();
    Slot slot = std::move(*entered);
    EXPECT_FALSE((*entered).held());
    EXPECT_TRUE(slot.held());
    Slot other = std::move(*bulkhead.try_enter());
    EXPECT_EQ(bulkhead.in_use(), 2U);
    other = std::move(slot);   // gives its own back
    EXPECT_EQ(bulkhead.in_use(), 1U);
    other = Slot{};
    EXPECT_EQ(bulkhead.in_use(), 0U);
    other.leave();
    EXPECT_EQ(bulkhead.in_use(), 0U);
}

TEST(Slots, are_refused_without_waiting_when_all_are_taken) {
    ConcurrencyLimiter bulkhead{{.concurrent = 1, .queue = 10}};
    const Result<Slot> entered = bulkhead.try_enter();
    ASSERT_TRUE(entered);
    const Result<Slot> refused = bulkhead.try_enter();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), (Fault{Reason::concurrency_limited, "every slot is taken"}));
    EXPECT_EQ(bulkhead.refused(), 1U);
}

TEST_F(Shadow, admits_everybody_and_counts_whom_it_would_have_refused) {
    ConcurrencyLimiter& bulkhead = open({.concurrent = 2, .queue = 1, .shadow = true});
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(arrives(bulkhead).inside());
    EXPECT_EQ(bulkhead.in_use(), 5U);
    EXPECT_EQ(bulkhead.waiting(), 1U);
    EXPECT_EQ(bulkhead.refused(), 2U);
    EXPECT_TRUE(bulkhead.try_enter());
    EXPECT_EQ(bulkhead.refused(), 3U);
    guests.clear();
    EXPECT_EQ(bulkhead.in_use(), 0U);
    EXPECT_EQ(bulkhead.waiting(), 0U);
}

TEST(Bulkhead, describe_their_ranges) {
    EXPECT_TRUE(validate(Bulkhead{}).empty());
    EXPECT_EQ(validate(Bulkhead{.concurrent = 0}).front().key, "concurrent");
    EXPECT_EQ(validate(Bulkhead{.queue = 1'000'001}).front().key, "queue");
    EXPECT_EQ(validate(Bulkhead{.wait = 2h}).front().key, "wait");
    EXPECT_THROW(ConcurrencyLimiter{Bulkhead{.concurrent = 0}}, std::invalid_argument);
}

void end_a_bulkhead_with_a_slot_out() {
    std::optional<ConcurrencyLimiter> bulkhead{std::in_place, Bulkhead{.concurrent = 1}};
    const Result<Slot> entered = bulkhead->try_enter();
    bulkhead.reset();
}

TEST(BulkheadDeathTest, must_outlive_its_slots) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(end_a_bulkhead_with_a_slot_out(), "a ConcurrencyLimiter ended while something was inside");
}

}  // namespace
}  // namespace outrigger::resilience
