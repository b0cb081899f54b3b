// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/keyed.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/resilience/breaker.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

struct Counter {
    std::string key;
    bool busy = false;
    int calls = 0;
    [[nodiscard]] bool idle(Instant) const noexcept { return !busy; }
};

class KeyedPolicies : public testing::Test {
protected:
    Keyed<Counter>& open(std::uint32_t max_keys) {
        return kept.emplace(KeyedLimits{max_keys}, [this](std::string_view key) {
            ++made;
            return std::make_unique<Counter>(Counter{std::string{key}});
        });
    }
    // A later look-up is a later use.
    Keyed<Counter>::Handle at(std::string_view key) {
        clock.advance(1s);
        return kept->at(key, clock.now());
    }
    std::vector<std::string> names() {
        std::vector<std::string> found;
        kept->for_each([&](std::string_view name, Counter&) { found.emplace_back(name); });
        std::sort(found.begin(), found.end());
        return found;
    }
    using Names = std::vector<std::string>;

    ManualClock clock;
    int made = 0;
    std::optional<Keyed<Counter>> kept;
};

TEST_F(KeyedPolicies, are_made_once_for_each_key) {
    open(10);
    const auto a = at("a");
    a->calls = 7;
    EXPECT_EQ(at("a")->calls, 7);
    EXPECT_EQ(at("b")->calls, 0);
    EXPECT_EQ(a->key, "a");
    EXPECT_EQ(a.name(), "a");
    EXPECT_EQ(made, 3) << "the one named other, a and b";
    EXPECT_EQ(kept->size(), 2U);
}

TEST_F(KeyedPolicies, do_not_refer_to_the_text_that_was_asked_for) {
    open(10);
    std::string key = "upstream-with-a-long-name";
    at(key)->calls = 1;
    const auto held = at(key);
    key.assign(key.size(), 'x');
    EXPECT_EQ(held.name(), "upstream-with-a-long-name");
    EXPECT_EQ(at("upstream-with-a-long-name")->calls, 1);
}

TEST_F(KeyedPolicies, the_least_recently_used_idle_one_makes_room) {
    open(3);
    for (const char* key : {"a", "b", "c", "a"}) (void)at(key);
    (void)at("d");
    EXPECT_EQ(names(), (Names{"a", "c", "d"}));
    (void)at("e");
    EXPECT_EQ(names(), (Names{"a", "d", "e"}));
    EXPECT_EQ(kept->evicted(), 2U);
    EXPECT_EQ(kept->overflowed(), 0U);
    EXPECT_EQ(kept->size(), 3U);
}

TEST_F(KeyedPolicies, one_that_is_not_idle_stays) {
    open(2);
    at("a")->busy = true;
    (void)at("b");
    (void)at("c");
    EXPECT_EQ(names(), (Names{"a", "c"}));
}

TEST_F(KeyedPolicies, one_that_somebody_holds_stays) {
    open(2);
    const auto a = at("a");
    auto b = at("b");
    EXPECT_EQ(at("c").name(), "other");
    const auto moved = std::move(b);
    EXPECT_EQ(at("c").name(), "other");
    a->calls = 5;
    EXPECT_EQ(at("a")->calls, 5);
}

TEST_F(KeyedPolicies, keys_without_room_share_one_that_is_named_other) {
    open(1);
    const auto a = at("a");
    at("b")->calls = 3;
    EXPECT_EQ(at("c")->calls, 3);
    EXPECT_EQ(at("c").name(), "other");
    EXPECT_EQ(kept->overflowed(), 3U);
    EXPECT_EQ(kept->size(), 1U);
    EXPECT_EQ(names(), (Names{"a", "other"}));
}

TEST_F(KeyedPolicies, a_key_gets_its_own_as_soon_as_there_is_room) {
    open(1);
    std::optional a{at("a")};
    EXPECT_EQ(at("b").name(), "other");
    a.reset();
    EXPECT_EQ(kept->at("b", clock.now()).name(), "other") << "it looked in vain less than 100 ms ago";
    clock.advance(100ms);
    EXPECT_EQ(kept->at("b", clock.now()).name(), "b");
}

TEST_F(KeyedPolicies, the_key_other_and_very_long_keys_share_it_too) {
    open(10);
    at("other")->calls = 1;
    EXPECT_EQ(at(std::string(256, 'x'))->calls, 1);
    EXPECT_EQ(at(std::string(255, 'x'))->calls, 0);
    EXPECT_EQ(at("")->calls, 0) << "an empty key is one as well";
    EXPECT_EQ(kept->size(), 2U);
    EXPECT_EQ(made, 3);
}

TEST_F(KeyedPolicies, are_told_one_by_one_and_looking_at_them_is_no_use_of_them) {
    open(2);
    EXPECT_EQ(names(), Names{});
    (void)at("a");
    (void)at("b");
    clock.advance(1s);
    EXPECT_EQ(names(), (Names{"a", "b"}));
    kept->for_each([&](std::string_view, Counter& one) { one.calls = 9; });
    EXPECT_EQ(at("b")->calls, 9);
    (void)at("c");
    EXPECT_EQ(names(), (Names{"b", "c"}));
}

TEST_F(KeyedPolicies, may_be_used_while_they_are_told) {
    open(2);
    (void)at("a");
    int told = 0;
    kept->for_each([&](std::string_view, Counter&) {
        ++told;
        (void)at("b");
        (void)at("c");
    });
    EXPECT_EQ(told, 1);
}

TEST_F(KeyedPolicies, of_which_none_could_be_made_leave_no_trace) {
    int tries = 0;
    Keyed<Counter> broken{{2}, [&](std::string_view) -> std::unique_ptr<Counter> {
                              if (++tries == 2) throw std::runtime_error{"no"};
                              return std::make_unique<Counter>();
                          }};
    EXPECT_THROW((void)broken.at("a", clock.now()), std::runtime_error);
    EXPECT_EQ(broken.size(), 0U);
    EXPECT_EQ(broken.at("a", clock.now()).name(), "a");
}

TEST_F(KeyedPolicies, are_not_confused_by_a_clock_that_stands_still_or_jumps) {
    open(2);
    for (int i = 0; i < 100; ++i) (void)kept->at(std::to_string(i), clock.now());
    EXPECT_EQ(kept->size(), 2U);
    clock.advance(20h);
    for (int i = 0; i < 100; ++i) (void)kept->at(std::to_string(i), clock.now() - 10h);
    EXPECT_EQ(kept->size(), 2U);
    EXPECT_EQ(kept->overflowed(), 0U);
}

TEST(KeyedBreakers, an_open_one_stays_and_a_closed_one_without_calls_makes_room) {
    ManualClock clock;
    Rng rng{1};
    Keyed<CircuitBreaker> breakers{{2}, [](std::string_view key) {
                                       return std::make_unique<CircuitBreaker>(Breaker{.consecutive = 1},
                                                                               std::string{key});
                                   }};
    const auto call = [&](std::string_view key, Verdict verdict) {
        const auto breaker = breakers.at(key, clock.now());
        auto permit = breaker->try_acquire(clock.now(), rng);
        if (!permit) return std::string{to_string(permit.error().reason)};
        permit->settle(verdict, clock.now(), rng);
        return breaker->name();
    };
    EXPECT_EQ(call("bad", Verdict::failure), "bad");
    clock.advance(1s);
    EXPECT_EQ(call("good", Verdict::success), "good");
    EXPECT_EQ(call("new", Verdict::success), "other") << "good had a call in its window";
    clock.advance(1min);
    EXPECT_EQ(call("new", Verdict::success), "new");
    EXPECT_EQ(breakers.at("bad", clock.now())->state(), CircuitState::open);
    EXPECT_EQ(breakers.evicted(), 1U);
}

TEST(KeyedLimits, refuse_nonsense_with_a_sentence) {
    EXPECT_TRUE(validate(KeyedLimits{}).empty());
    EXPECT_EQ(validate(KeyedLimits{0}).front().text, "found 0, expected a whole number from 1 to 1000000");
    const auto make = [](std::string_view) { return std::make_unique<Counter>(); };
    EXPECT_THROW((Keyed<Counter>{{0}, make}), std::invalid_argument);
}

void end_while_one_is_held() {
    std::optional<Keyed<Counter>> keyed{std::in_place, KeyedLimits{1},
                                        [](std::string_view) { return std::make_unique<Counter>(); }};
    const auto held = keyed->at("a", Instant{});
    keyed.reset();
}

TEST(KeyedDeathTest, must_outlive_its_handles) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(end_while_one_is_held(), "a Keyed ended while something of it was held");
}

}   // namespace
}   // namespace outrigger::resilience
