// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <outrigger/logging/level.hpp>

namespace outrigger::logging {

// How much a record matters when there is no room for all: what is lower is given up first.
enum class Severity : std::uint8_t {
    low,      // trace, debug
    normal,   // info
    high,     // warn, error
};

inline constexpr std::array<std::string_view, 3> severity_words{"low", "normal", "high"};
inline constexpr std::size_t severity_count = severity_words.size();

[[nodiscard]] constexpr std::string_view to_string(Severity severity) noexcept {
    return severity_words[static_cast<std::size_t>(severity)];
}

[[nodiscard]] constexpr Severity severity_of(Level level) noexcept {
    if (level >= Level::warn) return Severity::high;
    return level == Level::info ? Severity::normal : Severity::low;
}

}   // namespace outrigger::logging
