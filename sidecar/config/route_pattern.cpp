// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/route_pattern.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace outrigger::config {
namespace {

// Longer than any sensible template; bounds the search for repeated names.
constexpr std::size_t template_max = 1024;

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// What RFC 3986 allows in a path segment (pchar), except the * that stands alone here.
bool is_literal(std::string_view segment) {
    return std::all_of(segment.begin(), segment.end(), [](char c) {
        return is_alphanumeric(c) || std::string_view{"-._~%!$&'()+,;=:@"}.find(c) != std::string_view::npos;
    });
}

// {name}: letters, digits and _.
bool is_parameter(std::string_view segment) {
    if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}') return false;
    const std::string_view name = segment.substr(1, segment.size() - 2);
    return std::all_of(name.begin(), name.end(), [](char c) { return is_alphanumeric(c) || c == '_'; });
}

}   // namespace

std::optional<RoutePattern> RoutePattern::parse(std::string_view text) {
    if (!text.starts_with('/') || text.size() > template_max) return std::nullopt;
    std::vector<std::string_view> parameters;
    for (std::string_view rest = text.substr(1);;) {
        const std::string_view segment = rest.substr(0, rest.find('/'));
        const bool last = segment.size() == rest.size();
        if (is_parameter(segment)) {
            if (std::find(parameters.begin(), parameters.end(), segment) != parameters.end())
                return std::nullopt;
            parameters.push_back(segment);
        } else if (segment != "*" && !(segment == "**" && last) && !is_literal(segment)) {
            return std::nullopt;
        }
        if (last) return RoutePattern{std::string{text}};
        rest.remove_prefix(segment.size() + 1);
    }
}

std::optional<RouteMatch> RouteMatch::parse(std::string_view text) {
    RouteMatch match;
    if (const std::size_t blank = text.find(' '); blank != std::string_view::npos) {
        match.method = text.substr(0, blank);
        text.remove_prefix(blank + 1);
        const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; };
        if (match.method.empty() || !std::all_of(match.method.begin(), match.method.end(), fits))
            return std::nullopt;
    }
    auto path = RoutePattern::parse(text);
    if (!path) return std::nullopt;
    match.path = std::move(*path);
    return match;
}

std::string RouteMatch::to_text() const { return method.empty() ? path.text : method + ' ' + path.text; }

}   // namespace outrigger::config
