// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/units_text.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/rng.hpp>

namespace outrigger {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, one_number_and_one_unit_is_a_duration) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("2s"), 2s);
    EXPECT_EQ(parse_duration("5m"), 5min);
    EXPECT_EQ(parse_duration("1h"), 1h);
    EXPECT_EQ(parse_duration("500us"), 500us);
    EXPECT_EQ(parse_duration("7ns"), 7ns);
    EXPECT_EQ(parse_duration("1.5s"), 1500ms);
    EXPECT_EQ(parse_duration("0.1h"), 6min);
    EXPECT_EQ(parse_duration("0s"), 0s);
    EXPECT_EQ(parse_duration("007s"), 7s);
}

TEST(DurationText, anything_else_is_refused) {
    for (const std::string_view text :
         {"",     "s",    "5",     "abc", "5 s",  " 5s", "5s ",  "-5s", "+5s",  ".5s",   "5.s",
          "5,0s", "1e3s", "1h30m", "5S",  "5sec", "5d",  "0x5s", "inf", "nans", "5..0s", "1.2.3s"})
        EXPECT_FALSE(parse_duration(text)) << '\'' << text << '\'';
}

TEST(DurationText, a_duration_beyond_its_range_is_refused_not_wrapped) {
    EXPECT_EQ(parse_duration("9223372036854775807ns"), Duration::max());
    EXPECT_FALSE(parse_duration("9223372036854775808ns"));
    EXPECT_EQ(parse_duration("2562047h"), 2562047h);
    EXPECT_FALSE(parse_duration("2562048h"));
    EXPECT_FALSE(parse_duration("18446744073709551616s"));
    EXPECT_FALSE(parse_duration("99999999999999999999999999h"));
    EXPECT_FALSE(parse_duration("5124095576.1h"));   // a product that would wrap to a small number
}

TEST(DurationText, a_fraction_of_a_nanosecond_is_refused_not_rounded) {
    EXPECT_EQ(parse_duration("0.000000001s"), 1ns);
    EXPECT_FALSE(parse_duration("0.0000000001s"));
    EXPECT_FALSE(parse_duration("0.5ns"));
    EXPECT_EQ(parse_duration("1.000000000000000000s"), 1s);
    EXPECT_FALSE(parse_duration("1.0000000000000000000s"));   // more digits than are read
}

TEST(DurationText, prints_the_shortest_form_without_a_leading_zero) {
    EXPECT_EQ(to_string(Duration{250ms}), "250ms");
    EXPECT_EQ(to_string(Duration{1500ms}), "1.5s");
    EXPECT_EQ(to_string(Duration{100ms}), "100ms");
    EXPECT_EQ(to_string(Duration{60s}), "1m");
    EXPECT_EQ(to_string(Duration{90s}), "90s");
    EXPECT_EQ(to_string(Duration{90min}), "90m");
    EXPECT_EQ(to_string(Duration{24h}), "24h");
    EXPECT_EQ(to_string(Duration{1ns}), "1ns");
    EXPECT_EQ(to_string(Duration{0}), "0s");
    EXPECT_EQ(to_string(Duration{-2s}), "-2s");
    EXPECT_EQ(to_string(Duration::min()), "-9223372036.854775808s");
}

TEST(DurationText, what_is_printed_reads_back) {
    Rng rng{1};
    for (int i = 0; i < 20'000; ++i) {
        // Of every magnitude, and often round.
        const auto count = static_cast<std::int64_t>(rng() >> (1 + rng.below(63)));
        const Duration length{rng.below(2) ? count : count / 1'000'000 * 1'000'000};
        ASSERT_EQ(parse_duration(to_string(length)), length) << length.count();
    }
}

TEST(BytesText, a_number_with_a_binary_unit_or_alone_is_a_size) {
    EXPECT_EQ(parse_bytes("64KiB"), 64_KiB);
    EXPECT_EQ(parse_bytes("1MiB"), 1_MiB);
    EXPECT_EQ(parse_bytes("512B"), 512_B);
    EXPECT_EQ(parse_bytes("2GiB"), 2_GiB);
    EXPECT_EQ(parse_bytes("1TiB"), 1024_GiB);
    EXPECT_EQ(parse_bytes("512"), 512_B);
    EXPECT_EQ(parse_bytes("1.5KiB"), 1536_B);
    EXPECT_EQ(parse_bytes("18446744073709551615"), Bytes{UINT64_MAX});
}

TEST(BytesText, other_units_fractions_of_a_byte_and_overflow_are_refused) {
    for (const std::string_view text :
         {"", "KiB", "64kib", "64KB", "64K", "1.5", "1.5B", "-1", "1 KiB", "0x10", "18446744073709551616",
          "18014398509481984KiB", "16777216TiB"})
        EXPECT_FALSE(parse_bytes(text)) << '\'' << text << '\'';
}

TEST(BytesText, prints_the_shortest_form_which_reads_back) {
    EXPECT_EQ(to_string(64_KiB), "64KiB");
    EXPECT_EQ(to_string(512_B), "512B");
    EXPECT_EQ(to_string(1536_KiB), "1.5MiB");
    EXPECT_EQ(to_string(Bytes{}), "0");
    Rng rng{2};
    for (int i = 0; i < 20'000; ++i) {
        const Bytes size{rng() >> rng.below(64)};
        ASSERT_EQ(parse_bytes(to_string(size)), size) << size.count();
    }
}

TEST(RatioText, a_percentage_or_a_fraction_is_a_ratio) {
    EXPECT_EQ(parse_ratio("20%"), 20_percent);
    EXPECT_EQ(parse_ratio("0.5%"), Ratio::from_fraction(0.005));
    EXPECT_EQ(parse_ratio("100%"), 100_percent);
    EXPECT_EQ(parse_ratio("0"), 0_percent);
    EXPECT_EQ(parse_ratio("0.25"), 25_percent);
    EXPECT_EQ(parse_ratio("1"), 100_percent);
}

TEST(RatioText, a_percentage_above_one_hundred_is_refused) {
    for (const std::string_view text :
         {"", "%", "101%", "100.0001%", "20", "1.01", "-1%", "20 %", "1e-1", "nan", "inf%", "0x1p-1"})
        EXPECT_FALSE(parse_ratio(text)) << '\'' << text << '\'';
}

TEST(RatioText, prints_the_shortest_percentage_which_reads_back) {
    EXPECT_EQ(to_string(20_percent), "20%");
    EXPECT_EQ(to_string(parse_ratio("7%").value()), "7%");   // 0.07 x 100 is not 7 in binary
    EXPECT_EQ(to_string(parse_ratio("0.5%").value()), "0.5%");
    EXPECT_EQ(to_string(Ratio{}), "0%");
    Rng rng{3};
    for (int i = 0; i < 5'000; ++i) {
        const Ratio ratio = Ratio::from_fraction(rng.fraction()).value();
        ASSERT_EQ(parse_ratio(to_string(ratio)), ratio) << to_string(ratio);
    }
    const Ratio tiny = Ratio::from_fraction(std::numeric_limits<double>::denorm_min()).value();
    EXPECT_EQ(parse_ratio(to_string(tiny)), tiny);
}

TEST(RateText, a_number_per_second_minute_or_hour_is_a_rate) {
    EXPECT_EQ(parse_rate("500/s"), 500_per_second);
    EXPECT_EQ(parse_rate("30/m"), Rate::per_second(0.5));
    EXPECT_EQ(parse_rate("10/h"), Rate::per_second(10.0 / 3600.0));
    EXPECT_EQ(parse_rate("0.5/s"), Rate::per_second(0.5));
}

TEST(RateText, anything_else_is_refused) {
    for (const std::string_view text : {"", "/s", "500", "500/d", "500 /s", "500/ s", "-1/s", "500/s ",
                                        "1e3/s", "500/min", "99999999999999999999/s", "inf/s"})
        EXPECT_FALSE(parse_rate(text)) << '\'' << text << '\'';
}

TEST(RateText, prints_the_shortest_form_which_reads_back) {
    EXPECT_EQ(to_string(500_per_second), "500/s");
    EXPECT_EQ(to_string(1_per_second), "1/s");
    EXPECT_EQ(to_string(parse_rate("30/m").value()), "30/m");
    EXPECT_EQ(to_string(parse_rate("10/h").value()), "10/h");
    EXPECT_EQ(to_string(Rate{}), "0/s");
    Rng rng{4};
    for (int i = 0; i < 5'000; ++i) {
        const Rate rate = Rate::per_second(rng.fraction() * 1000.0).value();
        ASSERT_EQ(parse_rate(to_string(rate)), rate) << to_string(rate);
    }
}

TEST(ScalarText, integers_are_decimal_and_within_their_type) {
    EXPECT_EQ(TextFormat<std::uint8_t>::parse("255"), 255);
    EXPECT_FALSE(TextFormat<std::uint8_t>::parse("256"));
    EXPECT_FALSE(TextFormat<std::uint8_t>::parse("-1"));
    EXPECT_EQ(TextFormat<int>::parse("-12"), -12);
    for (const std::string_view text : {"", "1.0", "1e3", "0x1", " 1", "1 ", "one"})
        EXPECT_FALSE(TextFormat<int>::parse(text)) << '\'' << text << '\'';
}

TEST(ScalarText, truth_values_are_the_words_of_yaml) {
    EXPECT_EQ(TextFormat<bool>::parse("true"), true);
    EXPECT_EQ(TextFormat<bool>::parse("False"), false);
    for (const std::string_view text : {"", "yes", "on", "1", "tRUE"})
        EXPECT_FALSE(TextFormat<bool>::parse(text));
}

TEST(ScalarText, a_string_keeps_every_character_but_takes_no_control_characters) {
    EXPECT_EQ(TextFormat<std::string>::parse(" caf\xC3\xA9 \"x\" "), " caf\xC3\xA9 \"x\" ");
    for (const std::string_view text : {"a\nb", "a\tb", "\x7f"})
        EXPECT_FALSE(TextFormat<std::string>::parse(text));
    EXPECT_FALSE(TextFormat<std::string>::parse(std::string_view{"a\0b", 3}));
    EXPECT_TRUE(TextFormat<std::string>::parse(std::string(4096, 'a')));
    EXPECT_FALSE(TextFormat<std::string>::parse(std::string(4097, 'a')));
}

enum class Colour : std::uint8_t { red, green, blue };
constexpr auto words_of(Colour) {
    return std::array<Word<Colour>, 3>{
        {{Colour::red, "red"}, {Colour::green, "green"}, {Colour::blue, "blue"}}};
}

TEST(ScalarText, an_enum_is_written_with_its_words) {
    EXPECT_EQ(TextFormat<Colour>::parse("green"), Colour::green);
    EXPECT_FALSE(TextFormat<Colour>::parse("Green"));
    EXPECT_FALSE(TextFormat<Colour>::parse(""));
    EXPECT_EQ(TextFormat<Colour>::print(Colour::blue), "blue");
    EXPECT_EQ(TextFormat<Colour>::noun(), "red, green or blue");
}

struct Shout {
    std::string text;
    friend bool operator==(const Shout&, const Shout&) = default;
    static std::optional<Shout> parse(std::string_view text) {
        return text.ends_with('!') ? std::optional{Shout{std::string{text}}} : std::nullopt;
    }
    [[nodiscard]] std::string to_text() const { return text; }
    static constexpr std::string_view noun = "a shout";
    static constexpr std::string_view example = "hey!";
    static constexpr std::string_view pattern = "!$";
};

TEST(ScalarText, a_class_of_ones_own_says_itself_how_it_is_written) {
    EXPECT_TRUE(Textual<Shout>);
    EXPECT_FALSE(Redactable<Shout>);
    EXPECT_EQ(TextFormat<Shout>::parse("hey!"), Shout{"hey!"});
    EXPECT_FALSE(TextFormat<Shout>::parse("hey"));
    EXPECT_EQ(TextFormat<Shout>::notation, Notation::text);
}

}   // namespace
}   // namespace outrigger
