// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/timeout.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/validate.hpp>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Instant now{1h};
constexpr Timeout two_seconds{.limit = 2s};

TEST(Deadline, in_force_is_the_timeout_s_own_if_it_comes_first) {
    const Deadline of_caller{now + 5s};
    EXPECT_EQ(of_caller.within(two_seconds, now, Reason::timeout), (Deadline{now + 2s, Reason::timeout}));
    EXPECT_EQ(Deadline{}.within(two_seconds, now, Reason::attempt_timeout),
              (Deadline{now + 2s, Reason::attempt_timeout}));
}

TEST(Deadline, in_force_stays_the_outer_one_if_that_comes_first_or_at_the_same_time) {
    const Deadline of_caller{now + 1s};
    EXPECT_EQ(of_caller.within(two_seconds, now, Reason::timeout), of_caller);
    EXPECT_EQ(Deadline{now + 2s}.within(two_seconds, now, Reason::timeout).expiry, Reason::deadline_expired);
}

TEST(Deadline, keeps_whose_it_is_through_several_limits) {
    const Deadline of_call = Deadline{}.within({.limit = 2s}, now, Reason::timeout);
    const Deadline first_try = of_call.within({.limit = 600ms}, now, Reason::attempt_timeout);
    const Deadline last_try = of_call.within({.limit = 600ms}, now + 1900ms, Reason::attempt_timeout);
    EXPECT_EQ(first_try, (Deadline{now + 600ms, Reason::attempt_timeout}));
    EXPECT_EQ(last_try, of_call) << "it is the call's timeout that cuts the last try";
}

TEST(Deadline, has_passed_when_its_instant_has_come) {
    const Deadline deadline{now};
    EXPECT_FALSE(deadline.passed(now - 1ns));
    EXPECT_TRUE(deadline.passed(now));
    EXPECT_EQ(deadline.left(now - 1ns), 1ns);
    EXPECT_EQ(deadline.left(now + 20h), 0ns) << "never negative, though the clock jumped";
    EXPECT_EQ(Deadline{}.left(now), Duration::max());
    EXPECT_FALSE(Deadline{}.passed(now));
}

TEST(Deadline, that_would_come_in_centuries_never_comes) {
    EXPECT_EQ(Deadline{}.within({.limit = Duration::max()}, now, Reason::timeout), Deadline{});
}

TEST(Deadline, says_whose_it_is) {
    EXPECT_EQ((Deadline{now, Reason::timeout}.fault().detail), "the call took longer than its timeout");
    EXPECT_EQ((Deadline{now, Reason::attempt_timeout}.fault().detail),
              "the attempt took longer than its timeout");
    EXPECT_EQ(Deadline{now}.fault(), (Fault{Reason::deadline_expired, "the caller's deadline passed"}));
}

class Attributed : public testing::Test {
protected:
    [[nodiscard]] Reason after(Duration time, Reason said, bool caller_has_left = false) const {
        return attributed({said, "as it was said"}, in_force, now + time, caller_has_left).reason;
    }
    Deadline in_force{now + 2s, Reason::attempt_timeout};
};

TEST_F(Attributed, a_call_that_only_says_it_was_cut_is_told_whose_limit_it_was) {
    for (const Reason said :
         {Reason::call_failed, Reason::timeout, Reason::deadline_expired, Reason::caller_left})
        EXPECT_EQ(after(2s, said), Reason::attempt_timeout) << to_string(said);
    in_force.expiry = Reason::deadline_expired;
    EXPECT_EQ(after(3s, Reason::timeout), Reason::deadline_expired);
}

TEST_F(Attributed, a_failure_before_the_deadline_stays_what_it_is) {
    EXPECT_EQ(after(2s - 1ns, Reason::call_failed), Reason::call_failed);
    EXPECT_EQ(after(1s, Reason::timeout), Reason::timeout) << "a limit of the callee's own";
    EXPECT_EQ(attributed({Reason::timeout, "theirs"}, in_force, now, false).detail, "theirs");
}

TEST_F(Attributed, a_failure_that_says_more_stays_what_it_is) {
    for (const Reason said : {Reason::connect_failed, Reason::circuit_open, Reason::concurrency_limited})
        EXPECT_EQ(after(3s, said, true), said) << to_string(said);
}

TEST_F(Attributed, a_caller_who_has_left_comes_first) {
    EXPECT_EQ(after(1s, Reason::call_failed, true), Reason::caller_left);
    EXPECT_EQ(after(3s, Reason::timeout, true), Reason::caller_left);
}

TEST(Timeout, refuses_nonsense_with_a_sentence) {
    EXPECT_TRUE(validate(Timeout{}).empty());
    EXPECT_EQ(validate(Timeout{.limit = 0s}).front().text, "found 0s, expected a duration from 1ms to 1h");
    EXPECT_EQ(validate(Timeout{.limit = -1s}).front().key, "limit");
    EXPECT_EQ(validate(Timeout{.limit = 2h}).size(), 1U);
}

}   // namespace
}   // namespace outrigger::resilience
