// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "sidecar/config/problem.hpp"
#include "sidecar/config/tree.hpp"

namespace outrigger::config {

// Deeper than any setting stands, and shallow enough for every recursion over a tree.
inline constexpr std::size_t depth_max = 32;
// Values in one file; bounds the memory that a file of at most 1 MiB can ask for.
inline constexpr std::size_t nodes_max = 65'536;

struct ParsedYaml {
    Node root;
    std::vector<Problem> problems;
    bool whole = true;   // false: not YAML, or beyond a bound; the root is not to be read
};

// One YAML document (JSON is YAML). Refused, each with its line: invalid UTF-8, control characters, duplicate
// keys, keys that are not text, anchors, aliases, merge keys, tags, a second document. An empty document is
// Kind::nothing.
[[nodiscard]] ParsedYaml parse_yaml(std::string_view text);

}   // namespace outrigger::config
