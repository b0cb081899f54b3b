// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/reader.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sidecar/config/yaml_parser.hpp"

// The visitor alone, on a small struct with one of everything.
namespace outrigger::config {
namespace {

using namespace std::chrono_literals;

struct Pause {
    Duration first = 25ms;
    Duration max = 1s;
    friend bool operator==(const Pause&, const Pause&) = default;
    static constexpr std::string_view short_form = "first";
    [[nodiscard]] Contradictions contradictions() const {
        if (first <= max) return {};
        return {{"first", "above max", "max"}};
    }
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("first", self.first, "The first.", between(1ms, 1h));
        field("max", self.max, "The longest.", between(1ms, 1h));
    }
};
struct Apple {
    std::uint32_t seeds = 5;
    bool sweet = false;
    friend bool operator==(const Apple&, const Apple&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("apple", self.seeds, "Seeds.", required, at_most(9), not_built("apples"));
        field("sweet", self.sweet, "Sweet?");
    }
};
struct Pear {
    Ratio ripe;
    friend bool operator==(const Pear&, const Pear&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("pear", self.ripe, "How ripe.", required);
    }
};
struct Bowl {
    std::variant<Apple, Pear> fruit;
    std::uint32_t count = 1;
    friend bool operator==(const Bowl&, const Bowl&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field(choice, self.fruit, "Which.");
        field("count", self.count, "How many.");
    }
};
enum class Size : std::uint8_t { small, large };
constexpr auto words_of(Size) {
    return std::array<Word<Size>, 2>{{{Size::small, "small"}, {Size::large, "large"}}};
}
struct Table {
    std::string name;
    std::string pin;
    std::variant<Size, std::uint32_t, Pear> size = Size::small;
    Pause pause;
    std::optional<Pause> rest;
    std::optional<Duration> nap;
    std::vector<Pause> pauses;
    NamedMap<Pause> named;
    Duration step = 1s;
    NamedMap<Bowl> bowls;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("name", self.name, "Name.", not_empty);
        field("pin", self.pin, "Pin.", secret);
        field("size", self.size, "Size.", between(1, 5));
        field("pause", self.pause, "Pause.");
        field("rest", self.rest, "Rest.", starting_as([&self] {
                  return Pause{self.pause.first, 2h};
              }),
              not_built("rests"));
        field("nap", self.nap, "Nap.", at_most(1h));
        field("pauses", self.pauses, "Pauses.", starting_as([&self] { return self.pause; }));
        field("named", self.named, "Named.");
        field("step", self.step, "Step.", starting_as([&self] { return self.pause.max; }),
              not_built("long steps", [](Duration step) { return step > 5s; }));
        field(entries, self.bowls, "Bowls.", starting_as([] { return Bowl{.fruit = Apple{}, .count = 7}; }));
    }
};

struct Outcome {
    Table table;
    std::string lines;
    std::string missing;
};
Outcome read_table(std::string_view yaml) {
    const Environment environment = [](std::string_view name) {
        return name == "ONE"   ? std::optional<std::string>{"1"}
               : name == "PIN" ? std::optional<std::string>{"a@b\x01"}
                               : std::nullopt;
    };
    Reading reading{environment};
    Outcome outcome;
    const ParsedYaml parsed = parse_yaml(yaml);
    EXPECT_TRUE(parsed.whole) << yaml;
    read(reading, parsed.root, {}, outcome.table);
    for (const Problem& problem : reading.take_problems()) outcome.lines += to_line(problem, "f") + '\n';
    for (const Problem& problem : reading.take_not_built()) outcome.missing += to_line(problem, "f") + '\n';
    return outcome;
}
std::string problems(std::string_view yaml) { return read_table(yaml).lines; }

TEST(Reader, what_is_not_written_keeps_its_value) {
    const Outcome outcome = read_table("pause: {max: 2s}");
    EXPECT_EQ(outcome.lines, "");
    EXPECT_EQ(outcome.table.pause, (Pause{25ms, 2s}));
    EXPECT_EQ(outcome.table.size, (decltype(Table::size){Size::small}));
}

TEST(Reader, null_says_nothing) {
    EXPECT_EQ(problems("pause:\nrest:\nnap: ~\npauses:\nnamed:\n"), "");
    EXPECT_EQ(problems("name:\nstep: null"),
              "f:1: name: found nothing, expected text\n"
              "f:2: step: found nothing, expected a duration such as 250ms, 2s or 5m\n");
}

TEST(Reader, an_empty_text_turns_an_optional_off) {
    EXPECT_EQ(problems("nap: ''\n"), "");
    EXPECT_FALSE(read_table("nap: ${NO:-}").table.nap);
    EXPECT_TRUE(read_table("nap: ${NO:-3s}").table.nap);
}

TEST(Reader, a_scalar_may_stand_for_a_struct_with_a_short_form) {
    EXPECT_EQ(read_table("pause: 30ms").table.pause, (Pause{30ms, 1s}));
    EXPECT_EQ(problems("pause: abc"),
              "f:1: pause: found 'abc', expected a duration such as 250ms, 2s or 5m\n");
    EXPECT_EQ(problems("pause: [1s]"), "f:1: pause: found a list, expected a mapping with first or max\n");
    EXPECT_EQ(problems("pause: 2s"), "");   // reported where it was written: here neither key was
}

TEST(Reader, the_first_form_of_a_variant_that_fits_is_taken) {
    EXPECT_EQ(read_table("size: large").table.size, (decltype(Table::size){Size::large}));
    EXPECT_EQ(read_table("size: 3").table.size, (decltype(Table::size){3U}));
    EXPECT_EQ(read_table("size: ${ONE}").table.size, (decltype(Table::size){1U}));
    EXPECT_EQ(read_table("size: {pear: 20%}").table.size, (decltype(Table::size){Pear{20_percent}}));
    const std::string expected = "small or large, or a whole number from 1 to 5, or a mapping with pear\n";
    EXPECT_EQ(problems("size: huge"), "f:1: size: found 'huge', expected " + expected);
    EXPECT_EQ(problems("size: 6"), "f:1: size: found '6', expected " + expected);
    EXPECT_EQ(problems("size: [3]"), "f:1: size: found a list, expected " + expected);
    EXPECT_EQ(problems("size: '3'"),
              "f:1: size: found the text '3', expected a whole number from 1 to 5 without quotes\n");
}

TEST(Reader, the_kind_of_a_struct_is_chosen_by_its_key) {
    const Outcome outcome = read_table("a: {apple: 3, sweet: true}\np: {pear: 50%, count: 2}\n");
    EXPECT_EQ(outcome.lines, "");
    EXPECT_EQ(*outcome.table.bowls.find("a"), (Bowl{Apple{3, true}, 7}));
    EXPECT_EQ(*outcome.table.bowls.find("p"), (Bowl{Pear{50_percent}, 2}));
}

TEST(Reader, exactly_one_kind_must_be_chosen) {
    EXPECT_EQ(problems("a: {count: 3}"),
              "f:1: a: found none of them, expected exactly one of apple or pear\n");
    EXPECT_EQ(problems("a: {apple: 1, pear: 2%, sweet: true}"),
              "f:1: a: found apple and pear, expected exactly one of apple or pear\n");
    EXPECT_EQ(problems("a: {pear: 2%, sweet: true}"),
              "f:1: a.sweet: this key goes with apple, which is not here\n");
}

TEST(Reader, written_parts_start_from_what_the_description_says) {
    const Outcome outcome =
        read_table("pause: {first: 2ms, max: 3s}\nrest: {}\npauses: [{max: 4s}, {first: 5ms}]\n");
    EXPECT_EQ(outcome.lines, "");
    EXPECT_EQ(outcome.table.rest, (Pause{2ms, 2h}));
    EXPECT_EQ(outcome.table.pauses, (std::vector<Pause>{{2ms, 4s}, {5ms, 3s}}));
    EXPECT_EQ(outcome.table.step, 3s);
}

TEST(Reader, names_are_checked_and_keep_their_order) {
    const Outcome outcome = read_table("named: {z: 1ms, a: 2ms, 'b c': 3ms, '': 4ms}");
    EXPECT_EQ(outcome.lines,
              "f:1: named.b c: found the name 'b c', expected 1 to 63 letters, digits, _ and -, beginning "
              "with a letter or digit\n"
              "f:1: named: found the name '', expected 1 to 63 letters, digits, _ and -, beginning with a "
              "letter or digit\n");
    ASSERT_EQ(outcome.table.named.size(), 2U);
    EXPECT_EQ(outcome.table.named.begin()->name, "z");
}

TEST(Reader, every_problem_is_reported_with_path_and_line) {
    EXPECT_EQ(
        problems("name: ''\npauses:\n  - 1s\n  - first: 0s\n    last: 1s\n  - 7\nnamed: [a]\nnap: 2h\n"),
        "f:1: name: found '', expected text that is not empty\n"
        "f:8: nap: found '2h', expected a duration of at most 1h\n"
        "f:4: pauses[1].first: found '0s', expected a duration from 1ms to 1h\n"
        "f:5: pauses[1].last: unknown key, expected first or max\n"
        "f:6: pauses[2]: found '7', expected a duration such as 250ms, 2s or 5m\n"
        "f:7: named: found a list, expected a mapping of names\n");
}

TEST(Reader, a_contradiction_is_said_where_either_side_was_written) {
    EXPECT_EQ(problems("pause: {first: 2s}"), "f:1: pause.first: above max\n");
    EXPECT_EQ(problems("pause:\n  max: 1ms"), "f:2: pause.first: above max\n");
}

TEST(Reader, a_contradiction_is_not_said_of_what_is_bad_in_itself) {
    EXPECT_EQ(problems("pause: {first: 2s, max: x}"),
              "f:1: pause.max: found 'x', expected a duration such as 250ms, 2s or 5m\n");
}

TEST(Reader, a_contradiction_that_was_inherited_is_not_said_again) {
    EXPECT_EQ(problems("pause: {first: 2s}\npauses: [{}, {}]"), "f:1: pause.first: above max\n");
}

TEST(Reader, a_secret_is_never_shown) {
    EXPECT_EQ(problems("pin: \"a\\0b\""),
              "f:1: pin: found a value that is not shown, expected text of at most 4KiB without control "
              "characters\n");
    EXPECT_EQ(problems("pin: ${PIN}"),
              "f:1: pin: found '${PIN}', expected text of at most 4KiB without control characters\n");
}

TEST(Reader, a_value_from_the_environment_is_shown_with_where_it_came_from) {
    EXPECT_EQ(problems("step: ${ONE}"),
              "f:1: step: found '1' (from '${ONE}'), expected a duration such as 250ms, 2s or 5m\n");
}

TEST(Reader, a_hidden_secret_is_valid_but_cannot_be_run) {
    const Outcome outcome = read_table("pin: '***'");
    EXPECT_EQ(outcome.lines, "");
    EXPECT_EQ(
        outcome.missing,
        "f:1: pin: found ***, which a printed configuration has in place of a secret, expected the secret\n");
}

TEST(Reader, what_is_not_built_is_noted_only_where_it_was_written) {
    EXPECT_EQ(read_table("pause: 1ms").missing, "");
    EXPECT_EQ(read_table("rest: ~").missing, "");
    EXPECT_EQ(read_table("rest: {}").missing, "f:1: rest: not built yet: rests\n");
    EXPECT_EQ(read_table("a: {apple: 1}\nb: {pear: 1%}").missing, "f:1: a.apple: not built yet: apples\n");
}

TEST(Reader, what_is_not_built_for_some_values_is_noted_only_for_those) {
    EXPECT_EQ(read_table("step: 5s").missing, "");
    EXPECT_EQ(read_table("step: 6s").missing, "f:1: step: not built yet: long steps\n");
    EXPECT_EQ(read_table("pause: {max: 10s}").missing, "");   // the step follows, but nobody wrote it
}

}   // namespace
}   // namespace outrigger::config
