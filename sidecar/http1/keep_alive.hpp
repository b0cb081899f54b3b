// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include <outrigger/core/clock.hpp>

#include "sidecar/http1/char_class.hpp"
#include "sidecar/http1/parser.hpp"

namespace outrigger::http1 {

// How long the sender keeps the connection open while nothing happens on it, as "timeout=5, max=100" says it (RFC 2068,
// section 19.7.1.1; nodejs, Apache and others send it). Nothing: it does not say, or not in whole seconds.
[[nodiscard]] inline std::optional<Duration> keep_alive_timeout(std::string_view value) noexcept {
    constexpr std::string_view name = "timeout=";
    constexpr std::size_t digits_max = 6;   // eleven days: more is no promise worth counting on
    while (!value.empty()) {
        const std::size_t comma = std::min(value.find(','), value.size());
        const std::string_view part = without_blanks(value.substr(0, comma));
        value.remove_prefix(std::min(comma + 1, value.size()));
        if (part.size() <= name.size() || !same_name(part.substr(0, name.size()), name)) continue;
        const std::string_view digits = part.substr(name.size());
        if (digits.size() > digits_max || !all_are(digits, char_class::digit)) return std::nullopt;
        int seconds = 0;
        for (const char digit : digits) seconds = seconds * 10 + (digit - '0');
        return std::chrono::seconds{seconds};
    }
    return std::nullopt;
}

}   // namespace outrigger::http1
