// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/readable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace outrigger::demo {
namespace {

std::string number(double value, int decimals, const char* unit) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f %s", decimals, value, unit);
    return text.data();
}

bool inside_sequence(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// How much of `text` the next line takes.
std::size_t line_length(std::string_view text, std::size_t room) {
    if (text.size() <= room) return text.size();
    if (const auto gap = text.find_last_of(" ,", room - 1); gap != std::string_view::npos) return gap + 1;
    std::size_t length = room;
    while (length > 1 && inside_sequence(text[length])) --length;
    return length;
}

}  // namespace

std::string readable(Duration length) {
    const double milliseconds = static_cast<double>(length.count()) / 1e6;
    if (milliseconds < 9.95) return number(milliseconds, 1, "ms");
    if (milliseconds < 999.5) return number(milliseconds, 0, "ms");
    return number(milliseconds / 1e3, milliseconds < 9995 ? 2 : 1, "s");
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    std::string lines;
    const std::size_t room = std::max<std::size_t>(width > indent ? width - indent : 0, 8);
    while (!text.empty()) {
        const std::size_t length = line_length(text, room);
        std::string_view line = text.substr(0, length);
        text.remove_prefix(length);
        while (line.ends_with(' ')) line.remove_suffix(1);
        lines.append(indent, ' ').append(line).append("\n");
    }
    return lines;
}

std::string to_left(std::string_view text, std::size_t width) {
    std::string padded{text};
    padded.append(width > text.size() ? width - text.size() : 0, ' ');
    return padded;
}

std::string to_right(std::string_view text, std::size_t width) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ').append(text);
}

std::string counted(std::uint64_t count, std::string_view noun) {
    return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

}  // namespace outrigger::demo
