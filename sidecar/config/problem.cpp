// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/problem.hpp"

#include <cstddef>
#include <utility>

namespace outrigger::config {
namespace {

constexpr std::size_t quoted_max = 60;
constexpr std::size_t path_max = 300;

// At most `limit` bytes, never half a UTF-8 character, without control characters.
std::string shorten(std::string_view text, std::size_t limit) {
    std::size_t length = text.size();
    if (length > limit)
        for (length = limit; length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U;)
            --length;
    std::string out = printable(text.substr(0, length));
    if (length < text.size()) out += "...";
    return out;
}

}   // namespace

std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f)
            out += c;
        else
            out.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
    }
    return out;
}

std::string quote(std::string_view text) { return '\'' + shorten(text, quoted_max) + '\''; }

void add_problem(std::vector<Problem>& problems, Problem problem) {
    if (problems.size() > problems_max) return;
    if (problems.size() == problems_max) problem = {{}, problem.line, "further problems are not shown"};
    problems.push_back(std::move(problem));
}

std::string to_line(const Problem& problem, std::string_view file_name) {
    std::string line;
    if (!file_name.empty() && !problem.path.starts_with("--")) {
        line = shorten(file_name, path_max);
        if (problem.line > 0) line += ':' + std::to_string(problem.line);
        line += ": ";
    }
    if (!problem.path.empty()) line += shorten(problem.path, path_max) + ": ";
    return line + problem.text;
}

}   // namespace outrigger::config
