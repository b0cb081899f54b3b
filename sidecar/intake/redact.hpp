// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/logging/redaction.hpp>

#include "sidecar/intake/json_tree.hpp"

namespace outrigger::intake {

// Puts the blot in the place of a value.
void blot_out(JsonNode& value) noexcept;

// Blots out the values of all members that the redaction names, whatever they are. The elements of an array have its
// path. A name with dots in it is as many steps.
void redact(JsonTree& tree, const logging::Redaction& redaction);

}   // namespace outrigger::intake
