// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/field_names.hpp"

#include <algorithm>
#include <cstddef>

namespace outrigger::config {
namespace {

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool consists_of(std::string_view text, std::string_view signs) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alphanumeric(c) || signs.find(c) != std::string_view::npos;
    });
}

}   // namespace

std::optional<HeaderName> HeaderName::parse(std::string_view text) {
    return consists_of(text, "!#$%&'*+.^_`|~-") ? std::optional{HeaderName{std::string{text}}} : std::nullopt;
}

std::optional<FieldPattern> FieldPattern::parse(std::string_view text) {
    for (std::string_view rest = text;;) {
        const std::string_view step = rest.substr(0, rest.find('.'));
        if (step != "*" && !consists_of(step, "_@-")) return std::nullopt;
        if (step.size() == rest.size()) return FieldPattern{std::string{text}};
        rest.remove_prefix(step.size() + 1);
    }
}

}   // namespace outrigger::config
