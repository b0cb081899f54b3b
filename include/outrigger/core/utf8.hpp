// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

// UTF-8 as it comes from outside, for those that must not pass broken text on. Pure functions, thread-safe.
namespace outrigger {

// U+FFFD, what stands for bytes that are not UTF-8.
inline constexpr std::string_view utf8_replacement = "\xef\xbf\xbd";

struct Utf8Step {
    std::size_t length = 1;  // bytes to step over, at least 1
    bool valid = false;      // false: they are to be replaced by one U+FFFD
};

// What a sequence that begins with this byte looks like: its length (0: none begins so) and the range of its
// second byte, which shuts out overlong forms, surrogates and what lies beyond U+10FFFF (Unicode 15, table
// 3-7).
struct Utf8Lead {
    std::size_t length = 0;
    unsigned low = 0x80;
    unsigned high = 0xbf;
};

[[nodiscard]] constexpr Utf8Lead utf8_lead(unsigned first) noexcept {
    if (first < 0x80) return {.length = 1};
    if (first < 0xc2 || first > 0xf4) return {};
    if (first < 0xe0) return {.length = 2};
    if (first == 0xe0) return {.length = 3, .low = 0xa0};
    if (first == 0xed) return {.length = 3, .high = 0x9f};
    if (first < 0xf0) return {.length = 3};
    if (first == 0xf0) return {.length = 4, .low = 0x90};
    if (first == 0xf4) return {.length = 4, .high = 0x8f};
    return {.length = 4};
}

// What the text begins with: a well-formed sequence, or a maximal subpart of an ill-formed one (Unicode 15,
// section 3.9). The text must not be empty.
[[nodiscard]] constexpr Utf8Step utf8_step(std::string_view text) noexcept {
    Utf8Lead lead = utf8_lead(static_cast<unsigned char>(text[0]));
    if (lead.length == 0) return {1, false};
    for (std::size_t i = 1; i < lead.length; ++i) {
        if (i == text.size()) return {i, false};
        const unsigned byte = static_cast<unsigned char>(text[i]);
        if (byte < lead.low || byte > lead.high) return {i, false};
        lead.low = 0x80;
        lead.high = 0xbf;
    }
    return {lead.length, true};
}

// The first `most` bytes, or up to three fewer so that no UTF-8 sequence is split.
[[nodiscard]] constexpr std::string_view utf8_cut(std::string_view text, std::size_t most) noexcept {
    if (text.size() <= most) return text;
    constexpr std::size_t continuation_bytes_max = 3;
    for (std::size_t back = 0; back <= continuation_bytes_max && back <= most; ++back)
        if ((static_cast<unsigned char>(text[most - back]) & 0xc0U) != 0x80) return text.substr(0, most - back);
    return text.substr(0, most);   // not UTF-8 anyway
}

}  // namespace outrigger
