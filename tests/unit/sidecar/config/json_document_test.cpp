// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/json_document.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sidecar/config/yaml_parser.hpp"

namespace outrigger::config {
namespace {

TEST(JsonDocument, is_the_same_tree_in_the_same_order) {
    const Node root = parse_yaml("z: 1\na: [true, '1', x y]\nm: {}\nl: []\nn: null\nr: 0.5\n").root;
    // Words are strings, also where YAML needs no quotes around them.
    Node strings = root;
    strings.entries[1].value.items[2].quoted = true;
    EXPECT_EQ(to_json(strings).dump(), R"({"z":1,"a":[true,"1","x y"],"m":{},"l":[],"n":null,"r":0.5})");
}

}   // namespace
}   // namespace outrigger::config
