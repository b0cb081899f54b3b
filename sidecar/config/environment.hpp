// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace outrigger::config {

// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// This process's. Reads it at every call: not to be mixed with setenv() from another thread.
[[nodiscard]] Environment process_environment();

struct Substituted {
    std::string text;
    bool replaced = false;   // whether the environment had a part in it
    std::string error;       // why not; empty if all is well
};

// Replaces ${NAME} by its value and ${NAME:-default} by its value or, if that is unset or empty, the default.
// $${ stands for ${ itself. Values are text: they are neither parsed as YAML nor searched for ${ again.
[[nodiscard]] Substituted substitute(std::string_view text, const Environment& environment);

// The inverse, for printing: text that substitute() turns into `text` whatever the environment.
[[nodiscard]] std::string escape_substitution(std::string_view text);

}   // namespace outrigger::config
