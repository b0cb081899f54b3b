// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// Route templates guessed from paths, for routes that nobody declared. Pure functions, thread-safe.
namespace outrigger::metrics {

// What a path's segment looks like.
enum class SegmentKind : std::uint8_t {
    literal,   // a word: it stays
    id,        // a number, a date, or a word with at least five digits in it: user-00042
    uuid,      // 8-4-4-4-12 hexadecimal digits
    hash,      // at least 8 hexadecimal digits, letters and decimal ones among them
    email,     // a@b.c, the @ also as %40
    token,     // at least 20 bytes with a digit among them, or 64 and more of anything
};
[[nodiscard]] SegmentKind segment_kind(std::string_view segment) noexcept;

// What stands for such a segment: "{id}", "{uuid}" ...; a literal has none.
[[nodiscard]] constexpr std::string_view placeholder(SegmentKind kind) noexcept {
    switch (kind) {
        case SegmentKind::literal: return "";
        case SegmentKind::id: return "{id}";
        case SegmentKind::uuid: return "{uuid}";
        case SegmentKind::hash: return "{hash}";
        case SegmentKind::email: return "{email}";
        case SegmentKind::token: return "{token}";
    }
    return "";
}

// The path with its placeholders, written into `buffer`: "/users/42/orders?limit=3" -> "/users/{id}/orders". Nothing if
// it does not begin with '/' ("*" of OPTIONS) or does not fit.
[[nodiscard]] std::optional<std::string_view> route_template(std::string_view path, std::span<char> buffer) noexcept;

}  // namespace outrigger::metrics
