// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/rng.hpp>
#include <outrigger/logging/json_writer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace outrigger::logging {
namespace {

// {"k":VALUE}\n without what surrounds VALUE.
template <class T>
std::string written(T value) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    json.field("k", value);
    const std::string line{json.finish()};
    EXPECT_EQ(line.substr(0, 5), "{\"k\":");
    EXPECT_EQ(line.substr(line.size() - 2), "}\n");
    return line.substr(5, line.size() - 7);
}

std::string in_quotes(std::string_view text) { return std::string{'"'}.append(text).append(1, '"'); }

TEST(JsonWriter, an_object_without_members_is_one_line) {
    std::vector<char> buffer;
    EXPECT_EQ(JsonWriter{buffer}.finish(), "{}\n");
}

TEST(JsonWriter, members_objects_and_arrays_are_separated_by_commas) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    json.open("empty");
    json.close();
    json.open("a");
    json.field("b", 1);
    json.open_array("c");
    json.element("x");
    json.element("y");
    json.close();
    json.field("d", "z");
    json.close();
    json.field("e", true);
    json.null("f");
    json.verbatim("g", "[1,2]");
    EXPECT_EQ(
        json.finish(),
        "{\"empty\":{},\"a\":{\"b\":1,\"c\":[\"x\",\"y\"],\"d\":\"z\"},\"e\":true,\"f\":null,\"g\":[1,2]}\n");
}

TEST(JsonWriter, prepared_members_stand_beside_others) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    json.members(R"("a":1,"b":[2])");
    json.plain("c", "x");
    json.open("d");
    json.members(R"("e":3)");
    json.close();
    json.members(R"("f":4)");
    EXPECT_EQ(json.finish(), "{\"a\":1,\"b\":[2],\"c\":\"x\",\"d\":{\"e\":3},\"f\":4}\n");
}

TEST(JsonWriter, an_object_of_one_member_is_one_call) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    json.field("a", "b", "x\"y");
    json.field("c", "d", 7U);
    json.open("e");
    json.field("f", "g", "");
    EXPECT_EQ(json.finish(), "{\"a\":{\"b\":\"x\\\"y\"},\"c\":{\"d\":7},\"e\":{\"f\":{\"g\":\"\"}}}\n");
}

TEST(JsonWriter, finish_closes_what_is_open) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    json.open("a");
    json.open_array("b");
    json.element("x");
    EXPECT_EQ(json.finish(), "{\"a\":{\"b\":[\"x\"]}}\n");
}

TEST(JsonWriter, numbers_and_truths) {
    EXPECT_EQ(written(0), "0");
    EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    EXPECT_EQ(written(std::uint16_t{65535}), "65535");
    EXPECT_EQ(written(false), "false");
    EXPECT_EQ(written(0.1), "0.1");
    EXPECT_EQ(written(1e21), "1e+21");
    EXPECT_EQ(written(-2.5), "-2.5");
}

TEST(JsonWriter, a_number_that_json_does_not_know_is_null) {
    EXPECT_EQ(written(std::nan("")), "null");
    EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonWriter, a_number_with_a_point_is_the_shortest_that_reads_back_the_same) {
    const auto shortest = [](double value) {
        std::array<char, 32> text;
        return std::string{text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
    };
    for (const double value : {0.0, -0.0, 12.5, 0.1, 0.001, 0.0009999999, 99'999.999999, 99'999.9999995, 100'000.0, 0.3,
                               0.1 + 0.2, 1.0, 1e-6, 4.35, 70'000.0, -2.5, 0.012345, 1e300})
        EXPECT_EQ(written(value), shortest(value));
    Rng rng{2026};
    for (int i = 0; i < 20'000; ++i) {
        const double any = rng.fraction() * (i % 2 == 0 ? 200'000 : 1);
        const double short_one = static_cast<double>(rng.below(1'000'000'000)) / (i % 3 == 0 ? 1e6 : i % 3 == 1 ? 1e4 : 1e2);
        ASSERT_EQ(written(any), shortest(any));
        ASSERT_EQ(written(short_one), shortest(short_one));
    }
}

TEST(JsonWriter, text_is_escaped_where_json_demands_it_and_nowhere_else) {
    EXPECT_EQ(written(""), "\"\"");
    EXPECT_EQ(written("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(written("\b\f\n\r\t"), R"("\b\f\n\r\t")");
    EXPECT_EQ(written(std::string_view{"\0\x01\x1f", 3}), R"("\u0000\u0001\u001f")");
    EXPECT_EQ(written("/<>&'\x7f"), "\"/<>&'\x7f\"");
    EXPECT_EQ(written("caf\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x9a\xa3"),
              "\"caf\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x9a\xa3\"");
}

TEST(JsonWriter, bytes_that_are_not_utf8_are_replaced) {
    EXPECT_EQ(written("a\xff"), "\"a\xef\xbf\xbd\"");
    EXPECT_EQ(written("\xc3"), "\"\xef\xbf\xbd\"");
    EXPECT_EQ(written("\xed\xa0\x80."), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd.\"");
    EXPECT_EQ(written("\xf0\x9f\x9a\"x"), "\"\xef\xbf\xbd\\\"x\"");
}

// Eight or sixteen bytes are looked at together: every byte at every offset must come out as it does alone.
TEST(JsonWriter, a_special_byte_is_found_wherever_it_stands) {
    for (int code = 0; code < 256; ++code) {
        const std::string alone = written(std::string(1, static_cast<char>(code)));
        const std::string inner = alone.substr(1, alone.size() - 2);
        for (const std::size_t size : {7U, 13U, 40U}) {
            for (std::size_t offset = 0; offset < size; ++offset) {
                std::string text(size, 'a');
                text[offset] = static_cast<char>(code);
                const std::string expected =
                    in_quotes(std::string(offset, 'a').append(inner).append(size - 1 - offset, 'a'));
                ASSERT_EQ(written(text), expected) << "byte " << code << " at " << offset << " of " << size;
            }
        }
    }
}

TEST(JsonWriter, texts_of_every_length_come_out_whole) {
    std::string text;
    for (int length = 0; length < 40; ++length) {
        ASSERT_EQ(written(text), in_quotes(text));
        text += static_cast<char>('a' + length % 26);
    }
}

TEST(JsonWriter, a_text_in_pieces_is_one_text) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    json.joined("m", std::string_view{"a\n"}, std::string_view{}, Plain{"b "}, std::string_view{"\"c"});
    EXPECT_EQ(json.finish(), "{\"m\":\"a\\nb \\\"c\"}\n");
}

TEST(JsonWriter, a_growing_buffer_takes_any_length_and_keeps_its_size) {
    std::vector<char> buffer;
    const std::string text(100'000, 'x');
    for (int i = 0; i < 2; ++i) {
        JsonWriter json{buffer};
        json.field("k", text);
        EXPECT_EQ(json.finish(), std::string{"{\"k\":"}.append(in_quotes(text)).append("}\n"));
        EXPECT_GE(buffer.size(), text.size());
    }
}

TEST(JsonWriter, what_does_not_fit_a_fixed_buffer_is_no_line_at_all) {
    // {"k":"123"}\n is 12 bytes.
    for (std::size_t size = 0; size < 20; ++size) {
        std::array<char, 20> memory;
        memory.fill('#');
        JsonWriter json{std::span<char>{memory}.first(size)};
        json.field("k", "123");
        const auto line = json.finish();
        EXPECT_EQ(line, size >= 12 ? "{\"k\":\"123\"}\n" : "") << size;
        EXPECT_EQ(json.overflowed(), size < 12) << size;
        for (std::size_t i = size; i < memory.size(); ++i) ASSERT_EQ(memory[i], '#') << size;
    }
}

TEST(JsonWriter, nothing_shorter_slips_in_after_an_overflow) {
    std::array<char, 16> memory;
    JsonWriter json{std::span<char>{memory}};
    json.field("long", "0123456789abcdef");
    json.field("s", 1);
    EXPECT_EQ(json.finish(), "");
}

TEST(JsonWriter, a_text_that_ends_in_a_comma_keeps_it) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    json.open("a");
    json.plain("b", ",");
    json.close();
    json.field("c", ",");
    EXPECT_EQ(json.finish(), "{\"a\":{\"b\":\",\"},\"c\":\",\"}\n");
}

TEST(JsonWriter, nesting_too_deep_is_no_line) {
    std::vector<char> buffer;
    JsonWriter deepest{buffer};
    for (std::uint32_t i = 0; i < JsonWriter::depth_max; ++i) deepest.open("a");
    EXPECT_NE(deepest.finish(), "");
    JsonWriter deeper{buffer};
    for (std::uint32_t i = 0; i <= JsonWriter::depth_max; ++i) deeper.open("a");
    EXPECT_EQ(deeper.finish(), "");
}

}  // namespace
}  // namespace outrigger::logging
