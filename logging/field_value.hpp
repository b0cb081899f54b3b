// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <outrigger/logging/field.hpp>
#include <outrigger/logging/json_writer.hpp>

namespace outrigger::logging {

inline constexpr std::size_t uncut = static_cast<std::size_t>(-1);

// "name":value, texts cut after so many bytes (a whole number of UTF-8 sequences). Exceptions have been expanded.
void write_value(JsonWriter& json, Plain name, const Field& field, std::size_t most_text);

// The value alone; holds until the buffer is used again.
[[nodiscard]] std::string_view json_of(const Field& field, std::vector<char>& buffer);

// An exception as two fields, anything else as itself. Refers to the exception and to this object.
class ErrorFields {
public:
    ErrorFields() = default;
    ErrorFields(const ErrorFields&) = delete;
    ErrorFields& operator=(const ErrorFields&) = delete;

    [[nodiscard]] std::span<const Field> expanded(const Field& field) noexcept;

private:
    std::array<char, 256> type_;   // of the exception, cut
    std::array<Field, 2> two_{Field{"error.type", Field::Kind::null}, Field{"error.message", Field::Kind::null}};
};

}   // namespace outrigger::logging
