// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/describe.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <outrigger/core/units.hpp>
#include <outrigger/core/validate.hpp>

namespace outrigger {
namespace {

using namespace std::chrono_literals;

struct Pause {
    Duration first = 25ms;
    Duration max = 1s;

    [[nodiscard]] Contradictions contradictions() const {
        if (first <= max) return {};
        return {{"first", "found " + to_string(first) + ", expected at most max", "max"}};
    }
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("first", self.first, "The first pause.", between(1ms, 1h));
        field("max", self.max, "The longest pause.", between(1ms, 1h));
    }
};

struct Apple {
    std::uint32_t seeds = 5;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("apple", self.seeds, "How many seeds.", at_most(9));
    }
};
struct Pear {
    Ratio ripe = 50_percent;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("pear", self.ripe, "How ripe.", at_least(10_percent));
    }
};

struct Basket {
    std::string name = "basket";
    std::optional<Bytes> size;
    std::vector<Pause> pauses;
    std::variant<Apple, Pear> fruit;
    std::variant<std::uint32_t, Ratio> share = 1U;
    NamedMap<Pause> others;

    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("name", self.name, "Its name.", not_empty, required);
        field("size", self.size, "How much fits in.", at_most(1_KiB));
        field("pauses", self.pauses, "Pauses.");
        field(choice, self.fruit, "Which fruit.");
        field("share", self.share, "A number or a ratio.", between(1, 5), at_most(50_percent));
        field(entries, self.others, "More pauses.");
    }
};

static_assert(Described<Basket>);
static_assert(!Described<std::string>);
static_assert(HasContradictions<Pause>);
static_assert(!HasContradictions<Basket>);

using LengthLimit = decltype(between(1ms, 1h));
static_assert(options_fit<Duration, LengthLimit, Required>);
static_assert(options_fit<std::vector<std::optional<Duration>>, LengthLimit>);
static_assert(options_fit<std::variant<Ratio, Duration>, LengthLimit>);
static_assert(!options_fit<Ratio, LengthLimit>);
static_assert(!options_fit<std::uint32_t, LengthLimit>);

struct Names {
    void operator()(std::string_view name, const auto&, std::string_view, const auto&...) {
        seen.emplace_back(name);
    }
    void operator()(Entries, const auto&, std::string_view, const auto&...) {
        seen.emplace_back("<entries>");
    }
    void operator()(Choice, const auto&, std::string_view) { seen.emplace_back("<choice>"); }
    std::vector<std::string> seen;
};

TEST(Describe, a_visitor_sees_every_field_in_order_of_a_constant_too) {
    const Basket basket;
    Names names;
    describe(basket, names);
    EXPECT_EQ(names.seen,
              (std::vector<std::string>{"name", "size", "pauses", "<choice>", "share", "<entries>"}));
}

struct Longer {
    void operator()(std::string_view, auto& value, std::string_view, const auto&...) { value *= 2; }
};

TEST(Describe, a_visitor_may_change_what_it_visits) {
    Pause pause;
    describe(pause, Longer{});
    EXPECT_EQ(pause.first, 50ms);
    EXPECT_EQ(pause.max, 2s);
}

TEST(Limits, both_ends_belong_to_the_range) {
    const auto limits = limits_of<Duration>(between(1ms, 1h), required);
    EXPECT_TRUE(limits.allow(1ms));
    EXPECT_TRUE(limits.allow(1h));
    EXPECT_FALSE(limits.allow(999us));
    EXPECT_FALSE(limits.allow(1h + 1ns));
}

TEST(Limits, a_limit_of_another_type_does_not_apply) {
    EXPECT_TRUE(limits_of<Ratio>(between(1, 5)).allow(100_percent));
    EXPECT_FALSE(limits_of<std::uint32_t>(between(1, 5), at_most(50_percent)).allow(6));
    EXPECT_TRUE(limits_of<bool>(at_most(0)).allow(true));
}

TEST(Limits, are_said_in_words) {
    EXPECT_EQ(to_string(limits_of<Duration>(between(1ms, 1h))), "from 1ms to 1h");
    EXPECT_EQ(to_string(limits_of<std::uint32_t>(at_least(1))), "of at least 1");
    EXPECT_EQ(to_string(limits_of<Bytes>(at_most(64_KiB))), "of at most 64KiB");
    EXPECT_EQ(to_string(limits_of<std::uint32_t>()), "");
    EXPECT_EQ(expectation<Duration>({}), "a duration such as 250ms, 2s or 5m");
    EXPECT_EQ(expectation(limits_of<Duration>(between(1ms, 1h))), "a duration from 1ms to 1h");
    EXPECT_EQ(expectation<bool>({}), "true or false");
}

TEST(Start, sets_what_a_matching_option_makes_and_leaves_the_rest) {
    Duration length = 1s;
    start(length, required, starting_as([] { return 5; }));
    EXPECT_EQ(length, 1s);
    start(length, starting_as([] { return Duration{7s}; }));
    EXPECT_EQ(length, 7s);
}

TEST(NotBuilt, says_for_which_values) {
    EXPECT_TRUE(not_built("fruit").when(1));
    const auto only_large = not_built("large fruit", [](int size) { return size > 3; });
    EXPECT_FALSE(only_large.when(3));
    EXPECT_TRUE(only_large.when(4));
    EXPECT_EQ(only_large.what, "large fruit");
}

TEST(NamedMap, keeps_the_order_in_which_entries_were_added) {
    NamedMap<int> map;
    map.add("z", 1);
    map.add("a", 2);
    std::string names;
    for (const auto& [name, value] : map) names += name + std::to_string(value);
    EXPECT_EQ(names, "z1a2");
    ASSERT_NE(map.find("a"), nullptr);
    EXPECT_EQ(*map.find("a"), 2);
    EXPECT_EQ(map.find("b"), nullptr);
}

TEST(NamedMap, a_name_is_fit_for_labels_paths_and_urls) {
    for (const std::string_view name : {"a", "users", "users-2", "a_b", "2nd"})
        EXPECT_TRUE(is_entry_name(name)) << name;
    for (const std::string_view name : {"", "-a", "_a", "a b", "a.b", "a/b", "caf\xC3\xA9", "a\n"})
        EXPECT_FALSE(is_entry_name(name)) << name;
    EXPECT_TRUE(is_entry_name(std::string(63, 'a')));
    EXPECT_FALSE(is_entry_name(std::string(64, 'a')));
}

TEST(Validate, a_struct_of_defaults_is_valid) { EXPECT_TRUE(validate(Basket{}).empty()); }

TEST(Validate, finds_every_field_out_of_range_with_its_path) {
    Basket basket;
    basket.name = "";
    basket.size = 2_KiB;
    basket.pauses = {Pause{}, Pause{.first = 0s}};
    basket.fruit = Pear{.ripe = 5_percent};
    basket.share = 60_percent;
    basket.others.add("good", {});
    basket.others.add("b a d", {.first = 5ms, .max = 2h});
    const Contradictions expected{
        {"name", "found '', expected text that is not empty", ""},
        {"size", "found 2KiB, expected a size of at most 1KiB", ""},
        {"pauses[1].first", "found 0s, expected a duration from 1ms to 1h", ""},
        {"pear", "found 5%, expected a ratio of at least 10%", ""},
        {"share", "found 60%, expected a ratio of at most 50%", ""},
        {"b a d", "found the name 'b a d', expected 1 to 63 letters, digits, _ and -", ""},
        {"b a d.max", "found 2h, expected a duration from 1ms to 1h", ""},
    };
    EXPECT_EQ(validate(basket), expected);
}

TEST(Validate, a_limit_holds_for_the_form_that_a_variant_has) {
    Basket basket;
    basket.share = 6U;
    ASSERT_EQ(validate(basket).size(), 1U);
    EXPECT_EQ(validate(basket).front().text, "found 6, expected a whole number from 1 to 5");
}

TEST(Validate, contradictions_carry_the_path_of_both_sides) {
    Basket basket;
    basket.pauses = {Pause{.first = 2s}};
    EXPECT_EQ(validate(basket),
              (Contradictions{{"pauses[0].first", "found 2s, expected at most max", "pauses[0].max"}}));
}

}   // namespace
}   // namespace outrigger
