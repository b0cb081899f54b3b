// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "sidecar/config/problem.hpp"

namespace outrigger::config {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view skip_digits(std::string_view text) noexcept {
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    return text;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?, which includes the integers
bool is_decimal(std::string_view text) noexcept {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    const std::string_view whole = skip_digits(text);
    std::size_t digits = text.size() - whole.size();
    text = whole;
    if (!text.empty() && text.front() == '.') {
        const std::string_view fraction = skip_digits(text.substr(1));
        digits += text.size() - 1 - fraction.size();
        text = fraction;
    }
    if (digits == 0) return false;
    if (text.empty()) return true;
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    return !text.empty() && skip_digits(text).empty();
}

// 0o17, 0x1F
bool is_based(std::string_view text) noexcept {
    if (text.size() < 3 || text[0] != '0') return false;
    const auto octal = [](char c) { return c >= '0' && c <= '7'; };
    const auto hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
    const std::string_view rest = text.substr(2);
    return (text[1] == 'o' && std::all_of(rest.begin(), rest.end(), octal)) ||
           (text[1] == 'x' && std::all_of(rest.begin(), rest.end(), hex));
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) noexcept {
    return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> null_words{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 6> boolean_words{"true", "True", "TRUE", "false", "False", "FALSE"};
constexpr std::array<std::string_view, 12> special_numbers{
    ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN"};

// Takes "[12]" from the front of the path.
const Node* step_into_list(const Node& node, std::string_view& path) noexcept {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
    if (error != std::errc{} || node.kind != Node::Kind::list || index >= node.items.size()) return nullptr;
    path.remove_prefix(static_cast<std::size_t>(end - path.data()) + 1);
    return &node.items[index];
}

}   // namespace

const Entry* Node::find(std::string_view key) const noexcept {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

const Node* Node::at(std::string_view path) const noexcept {
    const Node* node = this;
    while (node && !path.empty()) {
        if (path.front() == '[') {
            node = step_into_list(*node, path);
        } else {
            const std::size_t length = std::min(path.find_first_of(".["), path.size());
            const Entry* entry = node->find(path.substr(0, length));
            node = entry ? &entry->value : nullptr;
            path.remove_prefix(length);
        }
        if (!path.empty() && path.front() == '.') path.remove_prefix(1);
    }
    return node;
}

std::string describe_found(const Node& node) {
    switch (node.kind) {
        case Node::Kind::nothing: return "nothing";
        case Node::Kind::scalar: return quote(node.text);
        case Node::Kind::list: return "a list";
        case Node::Kind::map: return "a mapping";
    }
    return {};
}

Literal literal_of(std::string_view plain) noexcept {
    if (is_one_of(plain, null_words)) return Literal::nothing;
    if (is_one_of(plain, boolean_words)) return Literal::boolean;
    if (is_decimal(plain) || is_based(plain) || is_one_of(plain, special_numbers)) return Literal::number;
    return Literal::text;
}

}   // namespace outrigger::config
