// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/rng.hpp>
#include <outrigger/logging/json_line.hpp>
#include <outrigger/logging/json_writer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace outrigger::logging {
namespace {

TEST(JsonLine, is_what_its_literals_say) {
    std::array<char, 128> buffer;
    JsonLine json{buffer.data()};
    json.raw(R"({"a":)");
    json.number(1);
    json.raw(R"(,"b":{)");
    json.text(R"("c":")", "x\"y", R"(",)");
    json.raw(R"("d":")", "plain", R"(",)");
    json.close();
    json.number(R"("e":)", -7, ",");
    EXPECT_EQ(json.finish(), "{\"a\":1,\"b\":{\"c\":\"x\\\"y\",\"d\":\"plain\"},\"e\":-7}\n");
}

TEST(JsonLine, an_object_without_members_is_closed_too) {
    std::array<char, 64> buffer;
    JsonLine json{buffer.data()};
    json.raw(R"({"a":{)");
    json.close();
    json.raw(R"("b":{)");
    json.close();
    EXPECT_EQ(json.finish(), "{\"a\":{},\"b\":{}}\n");
}

TEST(JsonLine, a_text_that_ends_in_a_comma_keeps_it) {
    std::array<char, 64> buffer;
    JsonLine json{buffer.data()};
    json.raw(R"({"a":{)");
    json.text(R"("b":")", ",", R"(",)");
    json.close();
    EXPECT_EQ(json.finish(), "{\"a\":{\"b\":\",\"}}\n");
}

// {"k":VALUE} as both writers have it. The buffer is as large as the longest line, so that a checker of memory sees
// what goes beyond it.
template <class T>
std::string by_writer(T value) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    json.field("k", value);
    return std::string{json.finish()};
}
std::string by_line(std::string_view text) {
    const auto buffer = std::make_unique<char[]>(text.size() * JsonLine::byte_max + 10);
    JsonLine json{buffer.get()};
    json.text(R"({"k":")", text, R"(",)");
    return std::string{json.finish()};
}
template <std::integral T>
std::string by_line(T number) {
    std::array<char, JsonLine::number_max + 8> buffer;
    JsonLine json{buffer.data()};
    json.number(R"({"k":)", number, ",");
    return std::string{json.finish()};
}

TEST(JsonLine, escapes_any_bytes_as_the_general_writer_does) {
    Rng rng{7};
    for (int round = 0; round < 20'000; ++round) {
        std::string text(rng.below(70), 'a');
        for (std::uint64_t specials = rng.below(4); specials > 0 && !text.empty(); --specials)
            text[rng.below(text.size())] = static_cast<char>(rng());
        ASSERT_EQ(by_line(text), by_writer(std::string_view{text}));
    }
}

TEST(JsonLine, finds_every_special_byte_wherever_it_stands) {
    for (int code = 0; code < 256; ++code)
        for (const std::size_t size : {1U, 2U, 3U, 5U, 7U, 8U, 13U, 16U, 17U, 40U})
            for (std::size_t offset = 0; offset < size; ++offset) {
                std::string text(size, 'a');
                text[offset] = static_cast<char>(code);
                ASSERT_EQ(by_line(text), by_writer(std::string_view{text})) << code << " at " << offset << " of " << size;
            }
}

TEST(JsonLine, an_id_is_a_text_whatever_its_length_and_its_bytes) {
    Rng rng{13};
    const auto id_line = [](std::string_view id) {
        const auto buffer = std::make_unique<char[]>(id.size() * JsonLine::byte_max + 10);
        JsonLine json{buffer.get()};
        json.raw(R"({"k":")");
        json.text<32>(id);
        json.raw(R"(",)");
        return std::string{json.finish()};
    };
    for (std::size_t size = 0; size < 40; ++size) {
        const std::string plain(size, 'f');
        ASSERT_EQ(id_line(plain), by_writer(std::string_view{plain}));
    }
    for (int round = 0; round < 5'000; ++round) {
        std::string id(32, '0');
        id[rng.below(id.size())] = static_cast<char>(rng());
        ASSERT_EQ(id_line(id), by_writer(std::string_view{id}));
    }
}

TEST(JsonLine, writes_numbers_of_every_length_as_the_general_writer_does) {
    for (std::uint64_t power = 1; power <= 10'000'000'000'000'000'000U / 10; power *= 10)
        for (const std::uint64_t number : {power - 1, power, power + 1, power * 10 - 1, power * 9 + 7}) {
            ASSERT_EQ(by_line(number), by_writer(number));
            ASSERT_EQ(by_line(-static_cast<std::int64_t>(number)), by_writer(-static_cast<std::int64_t>(number)));
        }
    Rng rng{11};
    for (int round = 0; round < 20'000; ++round) {
        const std::uint64_t number = rng() >> rng.below(64);
        ASSERT_EQ(by_line(number), by_writer(number));
    }
    EXPECT_EQ(by_line(std::numeric_limits<std::uint64_t>::max()), "{\"k\":18446744073709551615}\n");
    EXPECT_EQ(by_line(std::numeric_limits<std::int64_t>::min()), "{\"k\":-9223372036854775808}\n");
    EXPECT_EQ(by_line(0), "{\"k\":0}\n");
}

}  // namespace
}  // namespace outrigger::logging
