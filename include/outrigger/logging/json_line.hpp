// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <outrigger/logging/plain_blocks.hpp>

namespace outrigger::logging {

// Appends one JSON object whose shape the source spells out: literals carry the names, quotes, braces and commas, and
// only values come from elsewhere. For the few lines that are written all day; JsonWriter is for all others. Nothing
// is checked: whoever uses it has bounded every text and proved that the buffer holds the longest line. Any bytes may
// come as a text: they are escaped as JsonWriter does it. Not thread-safe.
//
// Every member is written with a comma behind it; what closes an object takes the last one back.
//
//   JsonLine json{buffer};
//   json.raw(R"({"a":)");  json.number(1);  json.raw(R"(,"b":{)");
//   if (known) json.text(R"("c":")", "x", R"(",)");
//   json.close();
//   json.finish();       // {"a":1,"b":{"c":"x"}}\n
class JsonLine {
public:
    // The longest that becomes of a text's byte, and of a number.
    static constexpr std::size_t byte_max = 6;
    static constexpr std::size_t number_max = 20;

    explicit JsonLine(char* buffer) noexcept : begin_{buffer}, next_{buffer} {}

    // JSON as it is, and text that needs no escaping. Inlined: the length of a literal is known where it is copied.
    [[gnu::always_inline]] void raw(std::string_view json) noexcept {
        std::memcpy(next_, json.data(), json.size());
        next_ += json.size();
    }
    // What a string holds, or a part of it. No UTF-8 sequence straddles two parts.
    [[gnu::always_inline]] void text(std::string_view value) noexcept { next_ = escaped(next_, value); }
    // The same for a text that mostly has Size bytes, a multiple of 16, as ids have: then there is no call.
    template <std::size_t Size>
    [[gnu::always_inline]] void text(std::string_view value) noexcept {
        static_assert(Size > 0 && Size % sizeof(Sixteen) == 0);
        if (value.size() != Size) return text(value);
        PlainBlocks<Sixteen> blocks;
        for (std::size_t i = 0; i < Size; i += sizeof(Sixteen)) blocks.add(value.data() + i, next_ + i);
        if (!blocks.all_plain()) return text(value);
        next_ += Size;
    }
    template <std::unsigned_integral T>
    [[gnu::always_inline]] void number(T value) noexcept {
        next_ = digits(next_, value);
    }
    template <std::signed_integral T>
    [[gnu::always_inline]] void number(T value) noexcept {
        if (value < 0) *next_++ = '-';
        const auto magnitude = static_cast<std::uint64_t>(value);
        next_ = digits(next_, value < 0 ? 0 - magnitude : magnitude);
    }
    [[gnu::always_inline]] void digit(unsigned below_10) noexcept { *next_++ = static_cast<char>('0' + below_10); }

    // The same between what surrounds it.
    [[gnu::always_inline]] void raw(std::string_view before, std::string_view value, std::string_view behind) noexcept {
        raw(before);
        raw(value);
        raw(behind);
    }
    [[gnu::always_inline]] void text(std::string_view before, std::string_view value, std::string_view behind) noexcept {
        raw(before);
        text(value);
        raw(behind);
    }
    template <std::integral T>
    [[gnu::always_inline]] void number(std::string_view before, T value, std::string_view behind) noexcept {
        raw(before);
        number(value);
        raw(behind);
    }

    // Ends the innermost object, with a comma behind it.
    [[gnu::always_inline]] void close() noexcept {
        if (next_[-1] == ',') --next_;
        raw("},");
    }
    // Ends the outermost object and the line; the view holds until the buffer is used again.
    [[gnu::always_inline]] [[nodiscard]] std::string_view finish() noexcept {
        if (next_[-1] == ',') --next_;
        raw("}\n");
        return {begin_, static_cast<std::size_t>(next_ - begin_)};
    }

private:
    // Both return the end of what they wrote.
    [[nodiscard]] static char* escaped(char* to, std::string_view value) noexcept;
    [[nodiscard]] static char* digits(char* to, std::uint64_t value) noexcept;

    char* begin_;
    char* next_;
};

}  // namespace outrigger::logging
