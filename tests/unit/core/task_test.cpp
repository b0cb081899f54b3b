// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/task.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include <outrigger/core/manual_loop.hpp>

namespace outrigger {
namespace {

using namespace std::chrono_literals;

Task<int> answer(int value) { co_return value; }

Task<std::uint64_t> sum_of_many_children(int children) {
    std::uint64_t sum = 0;
    for (int i = 0; i < children; ++i) sum += static_cast<std::uint64_t>(co_await answer(1));
    co_return sum;
}

Task<void> store(Task<std::uint64_t> task, std::uint64_t& into) { into = co_await std::move(task); }

TEST(Task, three_million_children_that_end_at_once_use_no_stack) {
    TaskGroup group;
    std::uint64_t sum = 0;
    group.spawn(store(sum_of_many_children(3'000'000), sum));
    EXPECT_EQ(group.running(), 0u);
    EXPECT_EQ(sum, 3'000'000u);
}

Task<int> pausing(Scheduler& scheduler, int value) {
    (void)co_await Pause{scheduler, 1ms, {}};
    co_return value;
}

Task<void> sum_pausing_children(Scheduler& scheduler, int children, int& sum) {
    for (int i = 0; i < children; ++i) sum += co_await pausing(scheduler, 1);
}

TEST(Task, children_that_suspend_in_a_loop_do_not_nest_either) {
    ManualLoop loop;
    TaskGroup group;
    int sum = 0;
    group.spawn(sum_pausing_children(loop.scheduler(), 20'000, sum));
    EXPECT_EQ(group.running(), 1u);
    loop.advance(20s);
    EXPECT_EQ(sum, 20'000);
    EXPECT_EQ(group.running(), 0u);
}

Task<int> throwing(Scheduler& scheduler, Duration pause) {
    if (pause > 0ns) (void)co_await Pause{scheduler, pause, {}};
    throw std::runtime_error{"from the child"};
}

Task<void> catching(Scheduler& scheduler, Duration pause, std::string& caught) {
    try {
        (void)co_await throwing(scheduler, pause);
    } catch (const std::runtime_error& error) {
        caught = error.what();
    }
}

TEST(Task, an_exception_reaches_the_one_who_awaits) {
    ManualLoop loop;
    TaskGroup group;
    std::string at_once;
    std::string later;
    group.spawn(catching(loop.scheduler(), 0ns, at_once));
    group.spawn(catching(loop.scheduler(), 5ms, later));
    EXPECT_EQ(at_once, "from the child");
    EXPECT_EQ(later, "");
    loop.advance(5ms);
    EXPECT_EQ(later, "from the child");
}

TEST(Task, a_task_that_was_never_started_can_be_dropped) {
    int sum = 0;
    ManualLoop loop;
    { auto dropped = sum_pausing_children(loop.scheduler(), 1, sum); }
    loop.advance(1s);
    EXPECT_EQ(sum, 0);
}

TEST(TaskDeathTest, destroying_a_suspended_task_aborts) {
    ManualLoop loop;
    Completion ignored{[](Completion&) noexcept {}};
    EXPECT_DEATH(
        {
            auto task = pausing(loop.scheduler(), 1);
            (void)task.start(ignored);
        },
        "destroyed while it was suspended");
}

Task<std::string> named(Scheduler& scheduler, std::string name, Duration pause, std::string& log) {
    if (pause > 0ns) (void)co_await Pause{scheduler, pause, {}};
    log += name;
    co_return name;
}

Task<void> await_both(Scheduler& scheduler, Duration a, Duration b, std::string& log, std::string& result) {
    auto [first, second] = co_await both(named(scheduler, "a", a, log), named(scheduler, "b", b, log));
    result = first + "+" + second;
}

TEST(Both, ends_when_the_later_one_has_ended_whichever_that_is) {
    for (const auto& [a, b, order] : {std::tuple{0ms, 0ms, "ab"}, {2ms, 1ms, "ba"}, {1ms, 2ms, "ab"}, {3ms, 0ms, "ba"}}) {
        ManualLoop loop;
        TaskGroup group;
        std::string log;
        std::string result;
        group.spawn(await_both(loop.scheduler(), a, b, log, result));
        const auto longer = std::max(a, b);
        if (longer > 0ms) {
            loop.advance(longer - 1us);
            EXPECT_EQ(result, "");
            loop.advance(1us);
        }
        EXPECT_EQ(log, order);
        EXPECT_EQ(result, "a+b");
    }
}

Task<Result<void>> pause_or_fault(Scheduler& scheduler, Duration length, Cancel& cancel) {
    co_return co_await Pause{scheduler, length, Wait{.cancel = &cancel}};
}

Task<void> run_race(Scheduler& scheduler, Duration a, Duration b, Result<void>& first, Result<void>& second) {
    Cancel cancel_a;
    Cancel cancel_b;
    auto [one, two] = co_await race(pause_or_fault(scheduler, a, cancel_a), cancel_a,
                                    pause_or_fault(scheduler, b, cancel_b), cancel_b,
                                    Fault{Reason::timeout, "lost the race"});
    first = one;
    second = two;
}

TEST(Race, the_first_to_end_cancels_the_other_and_both_are_joined) {
    ManualLoop loop;
    TaskGroup group;
    Result<void> first{Fault{}};
    Result<void> second{};
    group.spawn(run_race(loop.scheduler(), 1ms, 10s, first, second));
    loop.advance(1ms);
    EXPECT_EQ(group.running(), 0u);
    EXPECT_TRUE(first);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().detail, "lost the race");
}

TEST(Race, the_loser_may_be_the_first_one) {
    ManualLoop loop;
    TaskGroup group;
    Result<void> first{};
    Result<void> second{Fault{}};
    group.spawn(run_race(loop.scheduler(), 10s, 0ns, first, second));
    loop.run();
    EXPECT_EQ(group.running(), 0u);
    EXPECT_FALSE(first);
    EXPECT_TRUE(second);
}

Task<void> set(bool& flag, TaskGroup& group) {
    co_await group.ended();
    flag = true;
}

TEST(TaskGroup, ended_comes_after_the_last_of_its_tasks) {
    ManualLoop loop;
    TaskGroup group;
    TaskGroup waiting;
    int sum = 0;
    bool ended = false;
    group.spawn(sum_pausing_children(loop.scheduler(), 1, sum));
    group.spawn(sum_pausing_children(loop.scheduler(), 2, sum));
    waiting.spawn(set(ended, group));
    loop.advance(1ms);
    EXPECT_FALSE(ended);
    loop.advance(1ms);
    EXPECT_TRUE(ended);
    EXPECT_EQ(sum, 3);
}

}  // namespace
}  // namespace outrigger
