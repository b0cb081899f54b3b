// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/utf8.hpp>
#include <outrigger/logging/plain_blocks.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// What JSON demands inside a string, byte by byte and, where nothing is special, in blocks.
namespace outrigger::logging {

// What a byte needs inside a JSON string: nothing (0), a look at the UTF-8 sequence it begins ('8'), \u00XX
// ('u'), or a backslash and the letter given.
inline constexpr auto json_escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
    for (std::size_t c = 0x80; c < 0x100; ++c) table[c] = '8';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    table['"'] = '"';
    table['\\'] = '\\';
    return table;
}();

[[nodiscard]] inline char json_escape_of(char c) noexcept { return json_escapes[static_cast<unsigned char>(c)]; }

// So many bytes one byte becomes at most.
inline constexpr std::size_t json_escape_max = 6;

struct JsonEscaped {
    const char* from;   // what follows the bytes that were read
    char* to;           // the end of what stands for them
};

// Writes what stands for the byte or sequence at `from`: at most json_escape_max bytes for each byte read.
inline JsonEscaped escape_json(const char* from, const char* end, char* to) noexcept {
    const char kind = json_escape_of(*from);
    if (kind == '8') {
        const std::string_view rest{from, static_cast<std::size_t>(end - from)};
        const Utf8Step step = utf8_step(rest);
        const std::string_view shown = step.valid ? rest.substr(0, step.length) : utf8_replacement;
        std::memcpy(to, shown.data(), shown.size());
        return {from + step.length, to + shown.size()};
    }
    if (kind == 'u') {
        constexpr std::string_view hex = "0123456789abcdef";
        const auto code = static_cast<unsigned char>(*from);
        const char sequence[] = {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15]};
        std::memcpy(to, sequence, sizeof sequence);
        return {from + 1, to + sizeof sequence};
    }
    if (kind != 0) *to++ = '\\';
    *to++ = kind != 0 ? kind : *from;
    return {from + 1, to};
}

// Up to seven bytes: as two fours that overlap, or as the first, the middle and the last.
[[gnu::always_inline]] inline bool copy_short_plain_json(const char* from, std::size_t size, char* to) noexcept {
    if (size >= 4) {
        std::array<std::uint32_t, 2> halves;
        std::memcpy(&halves[0], from, 4);
        std::memcpy(&halves[1], from + size - 4, 4);
        std::memcpy(to, &halves[0], 4);
        std::memcpy(to + size - 4, &halves[1], 4);
        Eight bytes;
        std::memcpy(&bytes, &halves, sizeof bytes);
        PlainBlocks<Eight> blocks;
        blocks.add(bytes);
        return blocks.all_plain();
    }
    if (size == 0) return true;
    const char first = from[0];
    const char middle = from[size / 2];
    const char last = from[size - 1];
    to[0] = first;
    to[size / 2] = middle;
    to[size - 1] = last;
    return (json_escape_of(first) | json_escape_of(middle) | json_escape_of(last)) == 0;
}

// Copies all of it, special or not; true if nothing was special. There is room. The last block overlaps the one before.
[[gnu::always_inline]] inline bool copy_plain_json(const char* from, std::size_t size, char* to) noexcept {
    if (size >= sizeof(Sixteen)) {
        const std::size_t last = size - sizeof(Sixteen);
        PlainBlocks<Sixteen> blocks;
        blocks.add(from + last, to + last);
        for (std::size_t i = 0; i < last; i += sizeof(Sixteen)) blocks.add(from + i, to + i);
        return blocks.all_plain();
    }
    if (size >= sizeof(Eight)) {   // two eights that overlap are a block too
        using Words [[gnu::vector_size(16)]] = std::uint64_t;
        const std::size_t last = size - sizeof(Eight);
        std::array<std::uint64_t, 2> halves;
        std::memcpy(&halves[0], from, sizeof(Eight));
        std::memcpy(&halves[1], from + last, sizeof(Eight));
        std::memcpy(to, &halves[0], sizeof(Eight));
        std::memcpy(to + last, &halves[1], sizeof(Eight));
        PlainBlocks<Sixteen> blocks;
        blocks.add(Sixteen(Words{halves[0], halves[1]}));
        return blocks.all_plain();
    }
    return copy_short_plain_json(from, size, to);
}

}  // namespace outrigger::logging
