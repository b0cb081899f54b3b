// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/redact.hpp"

#include <string>

namespace outrigger::intake {
namespace {

// As deep as the parser goes.
void redact_below(JsonTree& tree, const JsonNode& parent, const logging::Redaction& redaction,
                  std::string& path) {
    const std::size_t above = path.size();
    tree.each(parent, [&](JsonNode& child) {
        if (parent.kind == JsonKind::object) {
            if (above != 0) path += '.';
            path += child.name;
            if (redaction.matches(path)) {
                child.kind = JsonKind::string;
                child.text = logging::Redaction::blot;
                child.sound = true;
                child.first = 0;
            }
        }
        if (child.first != 0) redact_below(tree, child, redaction, path);
        path.resize(above);
    });
}

}   // namespace

void redact(JsonTree& tree, const logging::Redaction& redaction) {
    if (redaction.empty()) return;
    std::string path;
    redact_below(tree, tree.root(), redaction, path);
}

}   // namespace outrigger::intake
