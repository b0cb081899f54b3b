// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace outrigger::logging {

enum class Level : std::uint8_t { trace, debug, info, warn, error };

inline constexpr std::array<std::string_view, 5> level_words{"trace", "debug", "info", "warn", "error"};

[[nodiscard]] constexpr std::string_view to_string(Level level) noexcept {
    return level_words[static_cast<std::size_t>(level)];
}

// The level of this word; nothing if there is none.
[[nodiscard]] constexpr std::optional<Level> level_of(std::string_view word) noexcept {
    for (std::size_t i = 0; i < level_words.size(); ++i)
        if (level_words[i] == word) return static_cast<Level>(i);
    return std::nullopt;
}

}  // namespace outrigger::logging
