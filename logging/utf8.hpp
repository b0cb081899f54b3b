// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace outrigger::logging {

// U+FFFD, what stands for bytes that are not UTF-8.
inline constexpr std::string_view utf8_replacement = "\xef\xbf\xbd";

struct Utf8Step {
    std::size_t length = 1;  // bytes to step over, at least 1
    bool valid = false;      // false: they are to be replaced by one U+FFFD
};

// What the text begins with: a well-formed sequence (Unicode 15, table 3-7) or a maximal subpart of an
// ill-formed one (section 3.9). The text must not be empty.
constexpr Utf8Step utf8_step(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return {1, true};
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return {1, false};
    // The second byte's range shuts out overlong forms, surrogates and what lies beyond U+10FFFF.
    unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    for (std::size_t i = 1; i < length; ++i) {
        if (i == text.size() || byte(i) < low || byte(i) > high) return {i, false};
        low = 0x80;
        high = 0xbf;
    }
    return {length, true};
}

}  // namespace outrigger::logging
