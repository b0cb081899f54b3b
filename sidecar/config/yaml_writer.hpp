// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sidecar/config/tree.hpp"

namespace outrigger::config {

// The tree as YAML that reads back as the same tree: block style, lists of scalars in brackets, strings
// quoted only where they would otherwise be something else. ${ is escaped, so that the environment is not put
// in again.
[[nodiscard]] std::string write_yaml(const Node& root);

}   // namespace outrigger::config
