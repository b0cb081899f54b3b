// SPDX-License-Identifier: Apache-2.0
#include "sidecar/route/table.hpp"

#include <utility>

#include <outrigger/core/same_text.hpp>

namespace outrigger::route {
namespace {

// Up to the next slash, or the query. Segments are short: a call would cost more than it saves.
std::size_t segment_size(std::string_view path) noexcept {
    std::size_t size = 0;
    while (size < path.size() && path[size] != '/' && path[size] != '?') ++size;
    return size;
}

// Where a path ends, and its query begins if it has one.
bool ends_here(std::string_view path) noexcept { return path.empty() || path.front() == '?'; }

// Takes the first segment off `path`, which begins with '/'. "/a/b" -> "a", rest "/b"; "/" -> "", rest "".
std::string_view take_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    const std::size_t end = segment_size(path);
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

}  // namespace

Table::Table(std::span<const std::string> templates) {
    for (const std::string& name : templates) {
        Template parsed{static_cast<std::uint32_t>(templates_.size() + 1), name, {}};
        std::string literal;   // up to the next segment that is none, its slash included
        for (std::string_view rest = name; !rest.empty();) {
            const std::string_view segment = take_segment(rest);
            const bool last = segment == "**";
            const bool any = segment == "*" || (segment.starts_with('{') && segment.ends_with('}'));
            if (!last) literal += '/';
            if (!last && !any) literal += segment;
            if (last || any) {
                parsed.pieces.push_back({Piece::Kind::literal, std::exchange(literal, {})});
                parsed.pieces.push_back({last ? Piece::Kind::rest : Piece::Kind::any, {}});
            }
        }
        parsed.pieces.push_back({Piece::Kind::literal, std::move(literal)});
        templates_.push_back(std::move(parsed));
    }
}

bool Table::matches(const Template& candidate, std::string_view path) noexcept {
    for (const Piece& piece : candidate.pieces) {
        switch (piece.kind) {
            case Piece::Kind::rest: return ends_here(path) || path.front() == '/';
            case Piece::Kind::any: {
                const std::size_t size = segment_size(path);
                if (size == 0) return false;
                path.remove_prefix(size);
                break;
            }
            case Piece::Kind::literal:
                if (!begins_with(path, piece.text)) return false;
                path.remove_prefix(piece.text.size());
                break;
        }
    }
    return ends_here(path);
}

Route Table::match(std::string_view path) const noexcept {
    if (!path.starts_with('/')) return other;   // "*" of OPTIONS
    for (const Template& candidate : templates_)
        if (matches(candidate, path)) return Route{candidate.id, candidate.name};
    return other;
}

}  // namespace outrigger::route
