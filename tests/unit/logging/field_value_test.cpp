// SPDX-License-Identifier: Apache-2.0
#include "logging/field_value.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace outrigger::logging;
using namespace std::chrono_literals;

std::string json(const Field& field) {
    std::vector<char> buffer;
    return std::string{json_of(field, buffer)};
}

TEST(FieldValue, texts_are_strings_of_valid_utf_8) {
    EXPECT_EQ(json(field("k", "a\"b\n\xff")), "\"a\\\"b\\n\xef\xbf\xbd\"");
    EXPECT_EQ(json(field("k", std::string{"s"})), "\"s\"");
    EXPECT_EQ(json(field("k", std::string_view{})), "\"\"");
    const char* const nothing = nullptr;
    EXPECT_EQ(json(field("k", nothing)), "null");
}

TEST(FieldValue, numbers_are_numbers_as_long_as_every_reader_gets_them_whole) {
    EXPECT_EQ(json(field("k", -3)), "-3");
    EXPECT_EQ(json(field("k", std::uint8_t{200})), "200");
    EXPECT_EQ(json(field("k", std::uint64_t{1} << 53)), "9007199254740992");
    EXPECT_EQ(json(field("k", (std::uint64_t{1} << 53) + 1)), "\"9007199254740993\"");
    EXPECT_EQ(json(field("k", -(std::int64_t{1} << 53))), "-9007199254740992");
    EXPECT_EQ(json(field("k", -(std::int64_t{1} << 53) - 1)), "\"-9007199254740993\"");
    EXPECT_EQ(json(field("k", std::numeric_limits<std::int64_t>::min())), "\"-9223372036854775808\"");
    EXPECT_EQ(json(field("k", 12.5)), "12.5");
    EXPECT_EQ(json(field("k", 0.5F)), "0.5");
    EXPECT_EQ(json(field("k", std::nan(""))), "null");
    EXPECT_EQ(json(field("k", std::numeric_limits<double>::infinity())), "null");
}

TEST(FieldValue, other_values_are_what_ecs_has_for_them) {
    EXPECT_EQ(json(field("k", true)), "true");
    EXPECT_EQ(json(field("k", nullptr)), "null");
    EXPECT_EQ(json(field("k", 5ms)), "5000000");
    EXPECT_EQ(json(field("k", std::optional<int>{})), "null");
    EXPECT_EQ(json(field("k", std::optional<int>{7})), "7");
}

TEST(FieldValue, an_exception_is_its_type_and_its_message) {
    const std::out_of_range error{"no such order"};
    ErrorFields fields;
    const auto two = fields.expanded(field(error));
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[0].key().text(), "error.type");
    EXPECT_EQ(two[0].text(), "std::out_of_range");
    EXPECT_EQ(two[1].key().text(), "error.message");
    EXPECT_EQ(two[1].text(), "no such order");
}

TEST(FieldValue, anything_else_stays_one_field) {
    const Field one = field("k", 1);
    ErrorFields fields;
    EXPECT_EQ(fields.expanded(one).data(), &one);
}

// What a key is told to need, while compiling.
static_assert(Key{"order.id"}.is(Key::nested) && !Key{"order.id"}.is(Key::labelled));
static_assert(Key{"user"}.is(Key::labelled) && !Key{"user.name"}.is(Key::labelled));
static_assert(Key{"message"}.is(Key::labelled) && Key{"log.level"}.is(Key::labelled));
static_assert(Key{"event.id"}.is(Key::labelled) && Key{"event.action"}.is(Key::of_event));
static_assert(Key{"a..b"}.is(Key::labelled) && Key{""}.is(Key::labelled));
static_assert(Key{"50%"}.is(Key::odd) && !Key{"gr\xc3\xb6\xc3\x9f" "e"}.is(Key::odd) && Key{"\xff"}.is(Key::odd));

TEST(FieldValue, a_name_longer_than_any_that_is_meant_is_cut) {
    EXPECT_EQ(Key{std::string(1000, 'k')}.text().size(), Key::longest);
}

}   // namespace
