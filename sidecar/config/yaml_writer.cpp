// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/yaml_writer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "sidecar/config/environment.hpp"

namespace outrigger::config {
namespace {

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Words that some YAML readers take for truth values.
bool is_old_boolean(std::string_view text) {
    constexpr std::array<std::string_view, 6> words{"yes", "no", "on", "off", "y", "n"};
    std::string lower{text};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return std::find(words.begin(), words.end(), lower) != words.end();
}

// May it stand without quotes wherever a value may stand, for every YAML reader? Deliberately narrow.
bool is_plain(std::string_view text) {
    if (text.empty() || !(is_alphanumeric(text.front()) || text.front() == '/')) return false;
    const auto fits = [](char c) {
        return is_alphanumeric(c) || std::string_view{"_./:%+@-"}.find(c) != std::string_view::npos;
    };
    if (!std::all_of(text.begin(), text.end(), fits) || text.back() == ':') return false;
    // Digits with points, colons, signs: numbers, dates, times of day.
    const auto numeric = [](char c) { return !is_alphanumeric(c) || (c >= '0' && c <= '9'); };
    if (std::all_of(text.begin(), text.end(), numeric) && std::count(text.begin(), text.end(), '.') != 3 &&
        text.back() != '%')
        return false;
    return literal_of(text) == Literal::text && !is_old_boolean(text);
}

std::string in_double_quotes(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out.append(1, '\\').append(1, c);
        else if (byte < 0x20 || byte == 0x7f)
            out.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
        else
            out += c;
    }
    return out += '"';
}

std::string string_text(std::string_view text) {
    const std::string escaped = escape_substitution(text);
    return is_plain(escaped) ? escaped : in_double_quotes(escaped);
}

bool is_short(const Node& node) {
    return std::all_of(node.items.begin(), node.items.end(),
                       [](const Node& item) { return item.kind == Node::Kind::scalar; });
}

// What fits behind "key: ", or empty if it takes lines of its own.
std::string inline_text(const Node& node) {
    switch (node.kind) {
        case Node::Kind::nothing: return "null";
        case Node::Kind::scalar: return node.quoted ? string_text(node.text) : node.text;
        case Node::Kind::map: return node.entries.empty() ? "{}" : "";
        case Node::Kind::list: break;
    }
    if (!is_short(node)) return {};
    std::string text = "[";
    for (const Node& item : node.items) text.append(text.size() > 1 ? ", " : "").append(inline_text(item));
    return text += ']';
}

void write_lines(const Node& node, std::size_t indent, std::string& out);

void write_entry(const Entry& entry, std::size_t indent, std::string& out) {
    out += string_text(entry.key) + ':';
    if (const std::string text = inline_text(entry.value); !text.empty()) {
        out += ' ' + text + '\n';
    } else {
        out += '\n';
        write_lines(entry.value, indent + 2, out);
    }
}

void write_lines(const Node& node, std::size_t indent, std::string& out) {
    const std::string margin(indent, ' ');
    for (const Entry& entry : node.entries) {
        out += margin;
        write_entry(entry, indent, out);
    }
    for (const Node& item : node.items) {
        std::string lines;
        if (const std::string text = inline_text(item); !text.empty())
            lines = std::string(indent + 2, ' ') + text + '\n';
        else
            write_lines(item, indent + 2, lines);
        lines[indent] = '-';
        out += lines;
    }
}

}   // namespace

std::string write_yaml(const Node& root) {
    if (const std::string text = inline_text(root); !text.empty()) return text + '\n';
    std::string out;
    write_lines(root, 0, out);
    return out;
}

}   // namespace outrigger::config
