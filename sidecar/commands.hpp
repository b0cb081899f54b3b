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

struct SpoolCommand {
    enum class What { inspect, verify, export_records };
    What what = What::inspect;
    std::string dir;                    // empty: that of the running sidecar
    bool json = false;                  // inspect
    bool quarantined = false;           // export: those set aside instead of those that wait
    std::optional<std::string> file;    // inspect: where the running sidecar is
    std::optional<std::string> admin;
};
// Looks into a log spool.
[[nodiscard]] int spool(const SpoolCommand& command);

struct DemoCommand {
    std::string duration = "20s";
};
[[nodiscard]] int demo(const DemoCommand& command);

}  // namespace outrigger::sidecar
