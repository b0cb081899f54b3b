// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/backoff.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include <outrigger/core/validate.hpp>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t last_attempt = std::numeric_limits<std::uint32_t>::max();

struct Range {
    Duration shortest = Duration::max();
    Duration longest = Duration::zero();
};

// Of many draws after the same attempt and the same pause before.
Range drawn(const Backoff& settings, std::uint32_t ended_attempt, Duration previous = {}) {
    Rng rng{20261120};
    Range range;
    for (int i = 0; i < 20'000; ++i) {
        const Duration length = pause(settings, ended_attempt, previous, rng);
        range.shortest = std::min(range.shortest, length);
        range.longest = std::max(range.longest, length);
    }
    return range;
}

// Nothing outside, and both ends within a hundredth of the range.
void expect_all_of(const Range& range, Duration from, Duration to) {
    const Duration hundredth = (to - from) / 100;
    EXPECT_GE(range.shortest, from);
    EXPECT_LE(range.shortest, from + hundredth);
    EXPECT_GE(range.longest, to - hundredth);
    EXPECT_LE(range.longest, to);
}

std::string sentences(const Backoff& settings) {
    std::string text;
    for (const Contradiction& one : validate(settings)) text += one.key + ": " + one.text + '\n';
    return text;
}

TEST(Backoff, grows_by_its_factor_up_to_its_maximum) {
    const Backoff settings{.first = 25ms, .max = 1s};
    EXPECT_EQ(ceiling(settings, 1), 25ms);
    EXPECT_EQ(ceiling(settings, 2), 50ms);
    EXPECT_EQ(ceiling(settings, 3), 100ms);
    EXPECT_EQ(ceiling(settings, 6), 800ms);
    EXPECT_EQ(ceiling(settings, 7), 1s);
    EXPECT_EQ(ceiling(settings, 8), 1s);
    EXPECT_EQ(ceiling({.first = 100ms, .max = 1s, .factor = 1.5}, 3), 225ms);
    EXPECT_EQ(ceiling(settings, 0), 25ms) << "there is no attempt 0";
}

TEST(Backoff, without_jitter_is_its_ceiling) {
    Rng rng{1};
    const Backoff settings{.first = 25ms, .max = 1s, .jitter = Jitter::none};
    for (const std::uint32_t attempt : {1U, 2U, 5U, 6U, 7U, 100U, last_attempt})
        EXPECT_EQ(pause(settings, attempt, 0s, rng), ceiling(settings, attempt));
}

TEST(Backoff, may_be_constant) {
    Rng rng{1};
    for (const std::uint32_t attempt : {1U, 2U, 30U, last_attempt})
        EXPECT_EQ(pause(Backoff::constant(70ms), attempt, 0s, rng), 70ms);
    EXPECT_EQ(sentences(Backoff::constant(70ms)), "");
    // A factor of 1 with jitter: constant on average.
    expect_all_of(drawn({.first = 70ms, .factor = 1.0}, 9), 0ms, 70ms);
}

TEST(Backoff, with_full_jitter_uses_all_from_nothing_to_the_ceiling) {
    const Backoff settings{.first = 25ms, .max = 1s, .jitter = Jitter::full};
    expect_all_of(drawn(settings, 1), 0ms, 25ms);
    expect_all_of(drawn(settings, 3), 0ms, 100ms);
    expect_all_of(drawn(settings, 40), 0ms, 1s);
}

TEST(Backoff, with_equal_jitter_uses_all_from_half_the_ceiling_to_the_ceiling) {
    const Backoff settings{.first = 25ms, .max = 1s, .jitter = Jitter::equal};
    expect_all_of(drawn(settings, 1), 12500us, 25ms);
    expect_all_of(drawn(settings, 3), 50ms, 100ms);
    expect_all_of(drawn(settings, 40), 500ms, 1s);
}

TEST(Backoff, with_decorrelated_jitter_uses_all_from_the_first_to_three_times_the_pause_before) {
    const Backoff settings{.first = 25ms, .max = 1s, .jitter = Jitter::decorrelated};
    expect_all_of(drawn(settings, 1), 25ms, 75ms);
    expect_all_of(drawn(settings, 2, 60ms), 25ms, 180ms);
    expect_all_of(drawn(settings, 9, 900ms), 25ms, 1s);
    EXPECT_EQ(ceiling(settings, 1), 75ms);
    EXPECT_EQ(ceiling(settings, 2), 225ms);
    EXPECT_EQ(ceiling(settings, 5), 1s);
}

TEST(Backoff, never_draws_more_than_its_ceiling) {
    Rng rng{7};
    for (const Jitter jitter : {Jitter::none, Jitter::equal, Jitter::full, Jitter::decorrelated}) {
        const Backoff settings{.first = 3ms, .max = 10s, .factor = 3.0, .jitter = jitter};
        for (int walk = 0; walk < 200; ++walk) {
            Duration previous{};
            for (std::uint32_t attempt = 1; attempt < 20; ++attempt) {
                previous = pause(settings, attempt, previous, rng);
                ASSERT_LE(previous, ceiling(settings, attempt));
                ASSERT_GE(previous, 0s);
            }
        }
    }
}

TEST(Backoff, with_both_ends_draws_a_range_of_one_nanosecond_evenly) {
    Rng rng{3};
    int ones = 0;
    for (int i = 0; i < 10'000; ++i)
        ones += pause({.first = 1ns, .max = 1ns, .jitter = Jitter::full}, 1, 0s, rng) == 1ns ? 1 : 0;
    EXPECT_NEAR(ones, 5000, 300);
}

TEST(Backoff, saturates_for_every_attempt_and_every_length) {
    Rng rng{5};
    for (const Jitter jitter : {Jitter::none, Jitter::equal, Jitter::full, Jitter::decorrelated})
        for (const Duration first : {0ns, 1ns, 25'000'000ns, Duration::max()})
            for (const Duration most : {first, Duration::max()})
                for (const double factor : {1.0, 1.0000001, 2.0, 100.0})
                    for (const std::uint32_t attempt : {1U, 2U, 63U, 64U, 1024U, last_attempt - 1, last_attempt})
                        for (const Duration previous : {0ns, first, most}) {
                            const Backoff settings{first, most, factor, jitter};
                            const Duration length = pause(settings, attempt, previous, rng);
                            ASSERT_GE(length, 0ns);
                            ASSERT_LE(length, most);
                            ASSERT_LE(ceiling(settings, attempt), most);
                        }
}

TEST(Backoff, without_a_first_pause_never_pauses) {
    EXPECT_EQ(ceiling({.first = 0s}, last_attempt), 0s);
    EXPECT_EQ(drawn({.first = 0s, .jitter = Jitter::decorrelated}, 5).longest, 0s);
}

TEST(Backoff, makes_sense_of_settings_that_nobody_validated) {
    Rng rng{9};
    for (const Jitter jitter : {Jitter::none, Jitter::equal, Jitter::full, Jitter::decorrelated})
        for (const double factor : {-2.0, 0.0, std::numeric_limits<double>::quiet_NaN(),
                                    std::numeric_limits<double>::infinity()})
            for (const Duration first : {Duration::min(), -1ns, 0ns, 25'000'000ns})
                for (const Duration most : {Duration::min(), -1ns, 1ns}) {
                    const Duration length = pause({first, most, factor, jitter}, 7, Duration::min(), rng);
                    EXPECT_GE(length, 0ns);
                    EXPECT_LE(length, 25ms);
                }
}

TEST(Backoff, refuses_nonsense_each_with_a_sentence) {
    EXPECT_EQ(sentences({}), "");
    EXPECT_EQ(sentences({.first = 2s}), "first: found 2s, expected at most backoff.max (1s)\n");
    EXPECT_EQ(sentences({.first = -1ms}), "first: found -1ms, expected a duration from 0s to 1h\n");
    EXPECT_EQ(sentences({.max = 61min}), "max: found 61m, expected a duration from 0s to 1h\n");
    EXPECT_EQ(sentences({.factor = 0.5}), "factor: found 0.5, expected a number from 1 to 100\n");
    EXPECT_EQ(sentences({.factor = std::numeric_limits<double>::quiet_NaN()}),
              "factor: found nan, expected a number from 1 to 100\n");
}

}   // namespace
}   // namespace outrigger::resilience
