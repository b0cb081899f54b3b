// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::route {

// A route that was matched. `name` is its template as declared; it lives as long as the table.
struct Route {
    std::uint32_t id = 0;
    std::string_view name;
};

// The declared route templates, such as "/users/{id}", and which of them a path belongs to. Immutable once made, so
// every worker may read it. A segment in braces, or "*", matches any one segment that is not empty; a last
// segment "**" matches whatever follows, nothing included. The first template that matches wins.
class Table {
public:
    // What no template matches.
    static constexpr Route other{0, "other"};

    // No template holds a '?'; the settings see to it.
    explicit Table(std::span<const std::string> templates);

    // `path` may carry a query; it is not looked at.
    [[nodiscard]] Route match(std::string_view path) const noexcept;

private:
    struct Piece {
        enum class Kind : std::uint8_t { literal, any, rest } kind;
        std::string text;   // of a literal: whole segments with their slashes, up to the next piece
    };
    struct Template {
        std::uint32_t id;
        std::string name;
        std::vector<Piece> pieces;
    };
    [[nodiscard]] static bool matches(const Template& candidate, std::string_view path) noexcept;

    std::vector<Template> templates_;
};

}  // namespace outrigger::route
