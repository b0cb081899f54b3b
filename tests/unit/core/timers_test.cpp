// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/timers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <vector>

#include <outrigger/core/rng.hpp>

namespace outrigger {
namespace {

using namespace std::chrono_literals;

constexpr Instant at(Duration since_start) { return Instant{since_start}; }

struct Alarm : TimerEntry {
    explicit Alarm(std::function<void()> what = [] {})
        : TimerEntry{[](TimerEntry& self) noexcept {
              auto& alarm = static_cast<Alarm&>(self);
              ++alarm.fired;
              alarm.action();
          }},
          action{std::move(what)} {}
    std::function<void()> action;
    int fired = 0;
};

TEST(Timers, fire_at_their_instant_and_not_before) {
    Timers timers;
    Alarm alarm;
    timers.arm(alarm, at(10ms));
    EXPECT_EQ(timers.next(), at(10ms));
    timers.fire_until(at(10ms - 1ns));
    EXPECT_EQ(alarm.fired, 0);
    timers.fire_until(at(10ms));
    EXPECT_EQ(alarm.fired, 1);
    EXPECT_EQ(timers.next(), never);
    timers.fire_until(at(1h));
    EXPECT_EQ(alarm.fired, 1) << "once";
}

TEST(Timers, a_deadline_that_was_moved_back_fires_at_the_later_instant) {
    Timers timers;
    Alarm alarm;
    timers.arm(alarm, at(10ms));
    timers.arm(alarm, at(30ms));
    EXPECT_LE(timers.next(), at(30ms)) << "may be early, never late";
    timers.fire_until(at(29ms));
    EXPECT_EQ(alarm.fired, 0);
    EXPECT_EQ(timers.next(), at(30ms));
    timers.fire_until(at(30ms));
    EXPECT_EQ(alarm.fired, 1);
}

TEST(Timers, a_deadline_that_was_moved_forward_fires_at_the_earlier_instant) {
    Timers timers;
    Alarm first;
    Alarm moved;
    timers.arm(first, at(20ms));
    timers.arm(moved, at(30ms));
    timers.arm(moved, at(10ms));
    EXPECT_EQ(timers.next(), at(10ms));
    timers.fire_until(at(10ms));
    EXPECT_EQ(moved.fired, 1);
    EXPECT_EQ(first.fired, 0);
    timers.forget(first);
}

TEST(Timers, one_that_was_moved_back_and_forward_again_fires_once_at_the_last_instant_named) {
    Timers timers;
    Alarm alarm;
    timers.arm(alarm, at(20ms));
    timers.arm(alarm, at(90ms));
    timers.arm(alarm, at(40ms));
    timers.fire_until(at(39ms));
    EXPECT_EQ(alarm.fired, 0);
    timers.fire_until(at(40ms));
    EXPECT_EQ(alarm.fired, 1);
    timers.fire_until(at(100ms));
    EXPECT_EQ(alarm.fired, 1);
}

TEST(Timers, a_disarmed_one_does_not_fire_and_can_be_armed_again) {
    Timers timers;
    Alarm alarm;
    timers.arm(alarm, at(10ms));
    timers.disarm(alarm);
    timers.fire_until(at(20ms));
    EXPECT_EQ(alarm.fired, 0);
    EXPECT_EQ(timers.next(), never);
    timers.arm(alarm, at(30ms));
    timers.disarm(alarm);
    timers.arm(alarm, at(25ms));
    timers.fire_until(at(25ms));
    EXPECT_EQ(alarm.fired, 1);
}

TEST(Timers, armed_for_never_is_disarmed) {
    Timers timers;
    Alarm alarm;
    timers.arm(alarm, never);
    EXPECT_EQ(timers.next(), never);
    timers.arm(alarm, at(10ms));
    timers.arm(alarm, never);
    timers.fire_until(at(1h));
    EXPECT_EQ(alarm.fired, 0);
}

TEST(Timers, a_forgotten_one_may_be_destroyed) {
    Timers timers;
    Alarm other;
    {
        Alarm alarm;
        timers.arm(alarm, at(10ms));
        timers.arm(other, at(20ms));
        timers.forget(alarm);
        timers.forget(alarm);   // twice is no harm
    }
    EXPECT_EQ(timers.next(), at(20ms));
    timers.fire_until(at(20ms));
    EXPECT_EQ(other.fired, 1);
}

TEST(Timers, one_that_is_armed_from_within_for_now_fires_in_the_same_call) {
    Timers timers;
    Alarm second;
    Alarm first{[&] { timers.arm(second, at(10ms)); }};
    timers.arm(first, at(10ms));
    timers.fire_until(at(10ms));
    EXPECT_EQ(second.fired, 1);
}

TEST(Timers, one_may_arm_itself_anew_from_within) {
    Timers timers;
    Duration next = 10ms;
    Alarm* self = nullptr;
    Alarm ticking{[&] { timers.arm(*self, at(next += 10ms)); }};
    self = &ticking;
    timers.arm(ticking, at(10ms));
    timers.fire_until(at(100ms));
    EXPECT_EQ(ticking.fired, 10);
    EXPECT_EQ(timers.next(), at(110ms));
    timers.forget(ticking);
}

TEST(Timers, one_may_forget_another_that_is_due_from_within) {
    Timers timers;
    Alarm one;
    Alarm two;
    one.action = [&] { timers.forget(two); };
    two.action = [&] { timers.forget(one); };
    timers.arm(one, at(10ms));
    timers.arm(two, at(10ms));
    timers.fire_until(at(10ms));
    EXPECT_EQ(one.fired + two.fired, 1) << "whichever came first";
}

struct SelfDestroying : TimerEntry {
    explicit SelfDestroying(bool& is_gone)
        : TimerEntry{[](TimerEntry& self) noexcept { delete &static_cast<SelfDestroying&>(self); }},
          gone{is_gone} {}
    ~SelfDestroying() { gone = true; }
    bool& gone;
};

TEST(Timers, one_may_destroy_itself_from_within) {
    Timers timers;
    Alarm other;
    bool gone = false;
    timers.arm(*new SelfDestroying{gone}, at(10ms));
    timers.arm(other, at(15ms));
    timers.fire_until(at(20ms));
    EXPECT_TRUE(gone);
    EXPECT_EQ(other.fired, 1);
}

// What it must come to, said without a heap: every alarm has an instant or none, and fires when that has
// come.
struct Model {
    Instant due = never;
    int fired = 0;
};

class RandomOperations : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomOperations, fire_exactly_what_a_naive_model_fires) {
    const std::uint64_t seed = GetParam();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    Timers timers;
    constexpr std::size_t count = 50;
    std::deque<Alarm> alarms(count);
    std::vector<Model> models(count);
    Instant now = at(1s);

    for (int step = 0; step < 20'000; ++step) {
        const std::size_t i = rng.below(count);
        switch (rng.below(8)) {
            case 0: timers.disarm(alarms[i]), models[i].due = never; break;
            case 1: timers.forget(alarms[i]), models[i].due = never; break;
            case 2: timers.arm(alarms[i], never), models[i].due = never; break;
            case 3:
                now += Duration{static_cast<Duration::rep>(rng.below(40))};
                timers.fire_until(now);
                for (Model& model : models)
                    if (model.due <= now) {
                        ++model.fired;
                        model.due = never;
                    }
                break;
            default: {
                const Instant due = now - 5ns + Duration{static_cast<Duration::rep>(rng.below(200))};
                timers.arm(alarms[i], due);
                models[i].due = due;
            }
        }
        const auto earliest =
            std::min_element(models.begin(), models.end(), [](const Model& a, const Model& b) {
                return a.due < b.due;
            })->due;
        ASSERT_LE(timers.next(), earliest) << "step " << step << ": a sleep until next() would be too long";
        for (std::size_t k = 0; k < count; ++k)
            ASSERT_EQ(alarms[k].fired, models[k].fired) << "step " << step;
    }
    for (Alarm& alarm : alarms) timers.forget(alarm);
    EXPECT_EQ(timers.next(), never);
}

INSTANTIATE_TEST_SUITE_P(Timers, RandomOperations, testing::Values(1, 2, 3, 20261120));

// From within, alarms disturb one another at random: arm, disarm, forget.
TEST(Timers, whatever_alarms_do_to_each_other_from_within_none_fires_early_or_is_lost) {
    constexpr std::uint64_t seed = 99;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    Timers timers;
    constexpr std::size_t count = 20;
    std::deque<Alarm> alarms(count);
    std::vector<Instant> due(count, never);
    Instant now = at(1s);
    std::vector<std::string> wrong;
    for (std::size_t i = 0; i < count; ++i)
        alarms[i].action = [&, i] {
            if (due[i] > now) wrong.push_back("early or disarmed: " + std::to_string(i));
            due[i] = never;
            for (int k = 0; k < 2; ++k) {
                const std::size_t other = rng.below(count);
                if (rng.below(3) == 0) {
                    timers.forget(alarms[other]);
                    due[other] = never;
                } else {
                    // At least one nanosecond ahead, or this call would never come to an end.
                    due[other] = now + 1ns + Duration{static_cast<Duration::rep>(rng.below(50))};
                    timers.arm(alarms[other], due[other]);
                }
            }
        };
    for (int step = 0; step < 5000; ++step) {
        now += 1ns;
        if (step % 7 == 0) {
            const std::size_t i = rng.below(count);
            due[i] = now + 3ns;
            timers.arm(alarms[i], due[i]);
        }
        timers.fire_until(now);
        for (std::size_t i = 0; i < count; ++i) ASSERT_GT(due[i], now) << "step " << step << ": lost " << i;
        ASSERT_TRUE(wrong.empty()) << "step " << step << ": " << wrong.front();
    }
    for (Alarm& alarm : alarms) timers.forget(alarm);
}

}   // namespace
}   // namespace outrigger
