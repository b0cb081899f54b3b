// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <outrigger/core/clock.hpp>

#include "sidecar/config/load.hpp"

// What the program's commands do. Each returns the exit code: 0 success, 1 failure while running, 2 wrong usage or
// configuration. Errors go to stderr, one line each.
namespace outrigger::sidecar {

inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;

struct RunCommand {
    std::optional<std::string> file;
    config::Flags flags;
};
[[nodiscard]] int run(const RunCommand& command);

struct CheckCommand {
    std::string file;
    bool print = false;
};
[[nodiscard]] int check(const CheckCommand& command);

// Prints the JSON Schema, or the reference page of the settings or of the reasons (docs/reference/).
enum class Reference { schema, settings_page, reasons_page };
[[nodiscard]] int describe(Reference what);

struct DemoCommand {
    std::string duration = "20s";
};
[[nodiscard]] int demo(const DemoCommand& command);

}  // namespace outrigger::sidecar
