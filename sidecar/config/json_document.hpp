// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sidecar/config/tree.hpp"

namespace outrigger::config {

// Keeps the order of keys: settings are read by people.
using Json = nlohmann::ordered_json;

// For trees that the sidecar itself made: its numbers and truth values are well-formed.
[[nodiscard]] Json to_json(const Node& node);

}   // namespace outrigger::config
