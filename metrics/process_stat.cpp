// SPDX-License-Identifier: Apache-2.0
#include "process_stat.hpp"

#include <charconv>
#include <cstddef>

namespace outrigger::metrics {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view word) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return value;
}

// The word at `index`, counted from 0, words separated by single blanks.
std::string_view word_at(std::string_view text, std::size_t index) noexcept {
    for (; index > 0; --index) {
        const auto blank = text.find(' ');
        if (blank == std::string_view::npos) return {};
        text.remove_prefix(blank + 1);
    }
    return text.substr(0, text.find_first_of(" \n"));
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) noexcept {
    const auto name_end = text.rfind(") ");
    if (name_end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(name_end + 2);  // from here on: field 3 (state) and the following
    const auto threads = whole_number(word_at(text, 20 - 3));
    const auto start = whole_number(word_at(text, 22 - 3));
    const auto virtual_bytes = whole_number(word_at(text, 23 - 3));
    const auto resident = whole_number(word_at(text, 24 - 3));
    if (!threads || !start || !virtual_bytes || !resident) return std::nullopt;
    return ProcessStat{*threads, *start, *virtual_bytes, *resident};
}

std::optional<std::uint64_t> parse_boot_time(std::string_view text) noexcept {
    constexpr std::string_view name = "\nbtime ";
    const auto at = text.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    return whole_number(word_at(text.substr(at + name.size()), 0));
}

}  // namespace outrigger::metrics
