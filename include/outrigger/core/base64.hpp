// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace outrigger {

// Base64 (RFC 4648). `url`: with - and _ instead of + and /. Pure, thread-safe.
enum class Base64 : std::uint8_t { standard, url };

[[nodiscard]] inline std::string base64(std::string_view bytes, Base64 alphabet) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const auto digit = [&](std::uint32_t value) {
        if (value < letters.size()) return letters[value];
        return value == 62 ? (alphabet == Base64::url ? '-' : '+') : (alphabet == Base64::url ? '_' : '/');
    };
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = i; k < i + 3; ++k)
            group = group << 8 | (k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0U);
        text += digit(group >> 18);
        text += digit(group >> 12 & 63U);
        text += i + 1 < bytes.size() ? digit(group >> 6 & 63U) : '=';
        text += i + 2 < bytes.size() ? digit(group & 63U) : '=';
    }
    return text;
}

}  // namespace outrigger
