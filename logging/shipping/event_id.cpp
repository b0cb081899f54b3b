// SPDX-License-Identifier: Apache-2.0
#include "event_id.hpp"

#include <algorithm>
#include <cstring>

namespace outrigger::logging {
namespace {

constexpr std::string_view before = R"(,"id":")";
constexpr std::string_view behind = "\"}}\n";
constexpr std::size_t digits = 13;
constexpr std::string_view digit_of = "0123456789abcdefghijklmnopqrstuv";

// What is put in stands ready, and is counted up in place.
struct Ending {
    static constexpr std::size_t size = before.size() + event_id_size + behind.size();
    char text[size];

    Ending(std::string_view identity, std::uint64_t sequence) {
        char* at = std::ranges::copy(before, text).out;
        at = std::ranges::copy(identity, at).out;
        *at++ = '-';
        for (std::size_t i = digits; i-- > 0; sequence >>= 5U) at[i] = digit_of[sequence & 31U];
        std::ranges::copy(behind, at + digits);
    }
    void count_up() noexcept {
        for (char* digit = text + size - behind.size() - 1;; --digit) {
            *digit = *digit == '9' ? 'a' : *digit == 'v' ? '0' : static_cast<char>(*digit + 1);
            if (*digit != '0') return;
        }
    }
};

}   // namespace

void append_with_ids(std::string& to, std::string_view lines, std::string_view identity, std::uint64_t first_sequence) {
    Ending ending{identity, first_sequence};
    while (!lines.empty()) {
        const auto* const newline = static_cast<const char*>(std::memchr(lines.data(), '\n', lines.size()));
        const std::size_t size = newline ? static_cast<std::size_t>(newline - lines.data()) + 1 : lines.size();
        const std::string_view line = lines.substr(0, size);
        lines.remove_prefix(size);
        if (!line.ends_with("}}\n")) {   // against the contract: better without an id than broken
            to += line;
        } else {
            const bool is_empty = line.ends_with("{}}\n");   // then no comma stands before the id
            to.append(line.data(), line.size() - 3);
            to.append(ending.text + (is_empty ? 1 : 0), Ending::size - (is_empty ? 1 : 0));
        }
        ending.count_up();
    }
}

void renumber(std::string& lines, std::string_view identity, std::uint64_t first_sequence) noexcept {
    Ending ending{identity, first_sequence};
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', begin), lines.size() - 1) + 1;
        const std::string_view id = own_event_id(std::string_view{lines}.substr(begin, end - begin));
        if (id.starts_with(identity))
            std::memcpy(lines.data() + (id.data() - lines.data()), ending.text + before.size(), id.size());
        ending.count_up();
        begin = end;
    }
}

std::string_view own_event_id(std::string_view line) noexcept {
    if (!line.ends_with(behind) || line.size() < Ending::size) return {};
    const std::string_view id = line.substr(line.size() - behind.size() - event_id_size, event_id_size);
    const std::string_view start =
        line.substr(line.size() - behind.size() - event_id_size - before.size() + 1, before.size() - 1);
    if (start != before.substr(1) || id[16] != '-') return {};
    const auto is_word = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-'; };
    return std::ranges::all_of(id, is_word) ? id : std::string_view{};
}

}   // namespace outrigger::logging
