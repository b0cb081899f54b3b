// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/redaction.hpp>

#include <algorithm>
#include <stdexcept>

namespace outrigger::logging {
namespace {

char small(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Takes the first step off the path.
std::string_view next_step(std::string_view& path) noexcept {
    const std::string_view step = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), step.size() + 1));
    return step;
}

bool step_matches(std::string_view pattern, std::string_view name) noexcept {
    return pattern == "*" || (pattern.size() == name.size() &&
                              std::equal(pattern.begin(), pattern.end(), name.begin(),
                                         [](char small_one, char any) { return small_one == small(any); }));
}

bool begins_path(std::string_view pattern, std::string_view path) noexcept {
    while (!pattern.empty()) {
        if (path.empty() || !step_matches(next_step(pattern), next_step(path))) return false;
    }
    return true;
}

bool is_pattern(std::string_view text) noexcept {
    if (text.empty() || text.back() == '.') return false;
    while (!text.empty()) {
        const std::string_view step = next_step(text);
        if (step.empty() || (step != "*" && step.find('*') != std::string_view::npos)) return false;
    }
    return true;
}

std::string checked(const std::string& pattern) {
    if (!is_pattern(pattern))
        throw std::invalid_argument("redact: \"" + pattern +
                                    "\" is no field's name or path, such as password or *.token");
    std::string in_small_letters = pattern;
    std::transform(pattern.begin(), pattern.end(), in_small_letters.begin(), small);
    return in_small_letters;
}

}   // namespace

Redaction::Redaction(std::span<const std::string> patterns) {
    for (const std::string& pattern : patterns) {
        std::string_view rest = patterns_.emplace_back(checked(pattern));
        for (std::size_t steps = 1; !rest.empty(); ++steps) {
            step_bytes_max_ = std::max(step_bytes_max_, next_step(rest).size());
            steps_max_ = std::max(steps_max_, steps);
        }
    }
}

bool Redaction::matches(std::string_view path) const noexcept {
    while (!path.empty()) {
        for (const std::string& pattern : patterns_)
            if (begins_path(pattern, path)) return true;
        next_step(path);
    }
    return false;
}

}   // namespace outrigger::logging
