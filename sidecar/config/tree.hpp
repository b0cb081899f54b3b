// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::config {

struct Entry;

// A document without its notation: what the YAML parser makes, and what the printers take.
struct Node {
    enum class Kind : std::uint8_t { nothing, scalar, list, map };

    Kind kind = Kind::nothing;
    bool quoted =
        false;   // a scalar that is a string, whatever it looks like; false: it is what it looks like
    bool refused = false;         // already reported as a problem; not to be read
    int line = 0;                 // where it begins, from 1
    std::string text;             // of a scalar
    std::vector<Node> items;      // of a list
    std::vector<Entry> entries;   // of a map, in order, without duplicates

    [[nodiscard]] const Entry* find(std::string_view key) const noexcept;
    // The node at "a.b[2].c" below this one; nullptr if there is none.
    [[nodiscard]] const Node* at(std::string_view path) const noexcept;
};

struct Entry {
    std::string key;
    int line = 0;
    Node value;
};

// "a list", "a mapping", "nothing", or the scalar in quotes.
[[nodiscard]] std::string describe_found(const Node& node);

// What an unquoted scalar is by the core schema of YAML 1.2.
enum class Literal : std::uint8_t { nothing, boolean, number, text };
[[nodiscard]] Literal literal_of(std::string_view plain) noexcept;

}   // namespace outrigger::config
