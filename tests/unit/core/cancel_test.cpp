// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/cancel.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <outrigger/core/manual_loop.hpp>

namespace outrigger {
namespace {

using namespace std::chrono_literals;

constexpr Fault left{Reason::caller_left, "gone"};
constexpr Fault late{Reason::timeout, "too late"};

struct Listening : CancelLink {
    Listening()
        : CancelLink{[](CancelLink& self, const Fault& why) noexcept {
              static_cast<Listening&>(self).told.push_back(why);
          }} {}
    std::vector<Fault> told;
};

TEST(Cancel, tells_all_who_listen_once_and_why) {
    Cancel cancel;
    Listening one;
    Listening two;
    one.link(cancel);
    two.link(cancel);
    EXPECT_EQ(cancel.requested(), nullptr);
    cancel.cancel(left);
    ASSERT_EQ(one.told.size(), 1u);
    ASSERT_EQ(two.told.size(), 1u);
    EXPECT_EQ(one.told[0], left);
    ASSERT_NE(cancel.requested(), nullptr);
    EXPECT_EQ(*cancel.requested(), left);
}

TEST(Cancel, the_first_call_decides) {
    Cancel cancel;
    Listening one;
    one.link(cancel);
    cancel.cancel(left);
    cancel.cancel(late);
    EXPECT_EQ(one.told.size(), 1u);
    EXPECT_EQ(*cancel.requested(), left);
}

TEST(Cancel, one_who_stopped_listening_is_not_told) {
    Cancel cancel;
    Listening first;
    Listening middle;
    Listening last;
    first.link(cancel);
    middle.link(cancel);
    last.link(cancel);
    middle.unlink();
    middle.unlink();
    cancel.cancel(left);
    EXPECT_TRUE(middle.told.empty());
    EXPECT_EQ(first.told.size(), 1u);
    EXPECT_EQ(last.told.size(), 1u);
}

TEST(Cancel, a_destroyed_listener_unlinks_itself) {
    Cancel cancel;
    Listening stays;
    auto goes = std::make_unique<Listening>();
    auto goes_too = std::make_unique<Listening>();
    goes->link(cancel);
    stays.link(cancel);
    goes_too->link(cancel);
    goes.reset();
    goes_too.reset();
    cancel.cancel(left);
    EXPECT_EQ(stays.told.size(), 1u);
}

TEST(Cancel, a_child_is_cancelled_with_its_parent_and_with_its_fault) {
    Cancel parent;
    Cancel child{&parent};
    Cancel grandchild{&child};
    Listening one;
    one.link(grandchild);
    parent.cancel(left);
    ASSERT_EQ(one.told.size(), 1u);
    EXPECT_EQ(*grandchild.requested(), left);
}

TEST(Cancel, a_parent_is_not_cancelled_with_its_child_nor_is_a_sibling) {
    Cancel parent;
    Cancel child{&parent};
    Cancel sibling{&parent};
    child.cancel(late);
    EXPECT_EQ(parent.requested(), nullptr);
    EXPECT_EQ(sibling.requested(), nullptr);
    parent.cancel(left);
    EXPECT_EQ(*child.requested(), late) << "its own came first";
    EXPECT_EQ(*sibling.requested(), left);
}

TEST(Cancel, a_child_of_a_cancelled_parent_is_born_cancelled) {
    Cancel parent;
    parent.cancel(left);
    const Cancel child{&parent};
    ASSERT_NE(child.requested(), nullptr);
    EXPECT_EQ(*child.requested(), left);
}

TEST(Cancel, one_without_a_parent_stands_alone) {
    Cancel cancel{nullptr};
    EXPECT_EQ(cancel.requested(), nullptr);
    cancel.cancel(left);
    EXPECT_EQ(*cancel.requested(), left);
}

TEST(Cancel, a_child_may_end_before_its_parent) {
    Cancel parent;
    { Cancel child{&parent}; }
    parent.cancel(left);
}

// Somebody who is told may end what others wait for: they unlink while the list is being walked.
struct Unlinking : CancelLink {
    explicit Unlinking(CancelLink& its_other)
        : CancelLink{[](CancelLink& self, const Fault&) noexcept {
              auto& unlinking = static_cast<Unlinking&>(self);
              unlinking.told = true;
              unlinking.other.unlink();
          }},
          other{its_other} {}
    CancelLink& other;
    bool told = false;
};

TEST(Cancel, one_who_is_told_may_unlink_the_next) {
    Cancel cancel;
    Listening next;
    Listening last;
    Unlinking first{next};
    last.link(cancel);
    next.link(cancel);
    first.link(cancel);   // the newest is told first
    cancel.cancel(left);
    EXPECT_TRUE(first.told);
    EXPECT_TRUE(next.told.empty());
    EXPECT_EQ(last.told.size(), 1u);
}

TEST(CancelDeathTest, ending_while_something_waits_on_it_aborts) {
    EXPECT_DEATH(
        {
            Listening one;
            Cancel cancel;
            one.link(cancel);
        },
        "ended while something waited");
}

Task<Result<void>> pausing(Scheduler& scheduler, Duration length, Cancel& cancel, std::string& log,
                           char name) {
    Result<void> paused = co_await Pause{scheduler, length, Wait{.cancel = &cancel}};
    log += name;
    co_return paused;
}

struct Ends {
    Result<void> first;
    Result<void> second;
    std::string log;
    bool joined = false;
};

Task<void> run_race(Scheduler& scheduler, Duration a, Duration b, Ends& ends) {
    Cancel cancel_a;
    Cancel cancel_b;
    auto [one, two] = co_await race(pausing(scheduler, a, cancel_a, ends.log, 'a'), cancel_a,
                                    pausing(scheduler, b, cancel_b, ends.log, 'b'), cancel_b, late);
    ends.first = one;
    ends.second = two;
    ends.joined = true;
}

TEST(Race, the_loser_is_resumed_with_the_fault_and_joined_before_the_race_ends) {
    ManualLoop loop;
    TaskGroup tasks;
    Ends ends;
    tasks.spawn(run_race(loop.scheduler(), 1h, 5ms, ends));
    loop.advance(5ms - 1ns);
    EXPECT_FALSE(ends.joined);
    loop.advance(1ns);
    ASSERT_TRUE(ends.joined);
    EXPECT_EQ(ends.log, "ba");
    EXPECT_TRUE(ends.second);
    ASSERT_FALSE(ends.first);
    EXPECT_EQ(ends.first.error(), late);
}

TEST(Race, when_both_end_at_the_same_instant_one_of_them_has_won) {
    ManualLoop loop;
    TaskGroup tasks;
    Ends ends;
    tasks.spawn(run_race(loop.scheduler(), 5ms, 5ms, ends));
    loop.advance(5ms);
    ASSERT_TRUE(ends.joined);
    EXPECT_TRUE(ends.first || ends.second);
}

}   // namespace
}   // namespace outrigger
