// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "sidecar/config/tree.hpp"

namespace outrigger::config {

// Keeps the order of keys: settings are read by people.
using Json = nlohmann::ordered_json;

// For trees that the sidecar itself made: scalars are well-formed.
[[nodiscard]] inline Json to_json(const Node& node) {
    switch (node.kind) {
        case Node::Kind::nothing: return nullptr;
        case Node::Kind::scalar: return node.quoted ? Json(node.text) : Json::parse(node.text);
        case Node::Kind::list: {
            Json list = Json::array();
            for (const Node& item : node.items) list.push_back(to_json(item));
            return list;
        }
        case Node::Kind::map: {
            Json map = Json::object();
            for (const Entry& entry : node.entries) map[entry.key] = to_json(entry.value);
            return map;
        }
    }
    return nullptr;
}

}  // namespace outrigger::config
