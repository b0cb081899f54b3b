// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/json_document.hpp"

#include <nlohmann/json.hpp>

namespace outrigger::config {

Json to_json(const Node& node) {
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

}   // namespace outrigger::config
