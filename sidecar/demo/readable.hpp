// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <outrigger/core/clock.hpp>

namespace outrigger::demo {

// For eyes, not for parsers: "3.1 ms", "412 ms", "1.02 s", "20.1 s".
[[nodiscard]] std::string readable(Duration length);

// Lines of at most `width` columns, each after `indent` spaces and with its end. Breaks after a space or a
// comma if there is one, and never inside a UTF-8 sequence (of which each byte counts as a column).
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

// Padded to `width`; longer text stays whole.
[[nodiscard]] std::string to_left(std::string_view text, std::size_t width);
[[nodiscard]] std::string to_right(std::string_view text, std::size_t width);

// "1 request", "2 requests"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace outrigger::demo
