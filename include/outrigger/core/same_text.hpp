// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// Comparing short texts, which every request does: a call would cost more than it saves. Pure functions, thread-safe.
namespace outrigger {

template <class Word>
[[nodiscard]] inline bool same_word(const char* left, const char* right) noexcept {
    std::array<Word, 2> words;
    std::memcpy(&words[0], left, sizeof(Word));
    std::memcpy(&words[1], right, sizeof(Word));
    return words[0] == words[1];
}

// text.starts_with(prefix), in words, of which the last overlaps the one before.
[[nodiscard]] inline bool begins_with(std::string_view text, std::string_view prefix) noexcept {
    const char* const left = text.data();
    const char* const right = prefix.data();
    const std::size_t size = prefix.size();
    if (text.size() < size) return false;
    if (size >= 8) {
        const std::size_t last = size - 8;
        for (std::size_t i = 0; i < last; i += 8)
            if (!same_word<std::uint64_t>(left + i, right + i)) return false;
        return same_word<std::uint64_t>(left + last, right + last);
    }
    if (size >= 4)
        return same_word<std::uint32_t>(left, right) && same_word<std::uint32_t>(left + size - 4, right + size - 4);
    for (std::size_t i = 0; i < size; ++i)
        if (left[i] != right[i]) return false;
    return true;
}

// left == right.
[[nodiscard]] inline bool same_text(std::string_view left, std::string_view right) noexcept {
    return left.size() == right.size() && begins_with(left, right);
}

}  // namespace outrigger
