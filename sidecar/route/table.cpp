// SPDX-License-Identifier: Apache-2.0
#include "sidecar/route/table.hpp"

#include <algorithm>

namespace outrigger::route {
namespace {

// Takes the first segment off `path`, which begins with '/'. "/a/b" -> "a", rest "/b"; "/" -> "", rest "".
std::string_view take_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

}  // namespace

Table::Table(std::span<const std::string> templates) {
    for (const std::string& name : templates) {
        Template parsed{name, {}};
        for (std::string_view rest = name; !rest.empty();) {
            const std::string_view segment = take_segment(rest);
            if (segment == "**")
                parsed.segments.push_back({Segment::Kind::rest, {}});
            else if (segment == "*" || (segment.starts_with('{') && segment.ends_with('}')))
                parsed.segments.push_back({Segment::Kind::any, {}});
            else
                parsed.segments.push_back({Segment::Kind::literal, std::string{segment}});
        }
        templates_.push_back(std::move(parsed));
    }
}

bool Table::matches(const Template& candidate, std::string_view path) noexcept {
    for (const Segment& segment : candidate.segments) {
        if (segment.kind == Segment::Kind::rest) return true;
        if (path.empty()) return false;
        const std::string_view text = take_segment(path);
        if (segment.kind == Segment::Kind::any ? text.empty() : text != segment.text) return false;
    }
    return path.empty();
}

Route Table::match(std::string_view path) const noexcept {
    path = path.substr(0, std::min(path.find('?'), path.size()));
    if (!path.starts_with('/')) return other;   // "*" of OPTIONS
    for (std::size_t i = 0; i < templates_.size(); ++i)
        if (matches(templates_[i], path)) return Route{static_cast<std::uint32_t>(i + 1), templates_[i].name};
    return other;
}

}  // namespace outrigger::route
