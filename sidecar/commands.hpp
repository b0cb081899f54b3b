// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>

#include "sidecar/config/load.hpp"

// What the program's commands do. Each returns the exit code: 0 success, 1 failure while running, 2 wrong usage or
// configuration. Errors go to stderr, one line each.
namespace outrigger::sidecar {

inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;

// Each problem on a line of its own.
[[nodiscard]] int report(const std::vector<config::Problem>& problems, const std::string& file);

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

struct DrainCommand {
    std::optional<std::string> file;
    std::optional<std::string> admin;
    std::optional<std::string> timeout;   // unset: a little more than drain.timeout
};
// Asks the running sidecar to drain, and waits until no inbound exchange is left.
[[nodiscard]] int drain(const DrainCommand& command);

struct DemoCommand {
    std::string duration = "20s";
};
[[nodiscard]] int demo(const DemoCommand& command);

}  // namespace outrigger::sidecar
