// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/config/environment.hpp"
#include "sidecar/config/problem.hpp"
#include "sidecar/config/settings.hpp"

// From text to settings and back. Nothing here throws on bad input: whatever is wrong with a configuration is
// a Problem.
namespace outrigger::config {

struct Loaded {
    Settings settings;               // usable only if there are no problems
    std::vector<Problem> problems;   // all of them, in the order of the file
    std::vector<Problem>
        not_built;   // valid, but refused by run: not built yet, or a secret that --print had hidden
};

// What `outrigger run` takes without a file, or instead of the file's value.
struct Flags {
    std::optional<std::string> app;      // --app: inbound.app
    std::optional<std::string> listen;   // --listen: inbound.listen
    std::optional<std::string> admin;    // --admin: admin.listen
};

// The largest file that is read.
inline constexpr Bytes file_size_max = 1_MiB;

[[nodiscard]] Loaded load_text(std::string_view yaml, const Environment& environment,
                               const Flags& flags = {});
// A file that is missing, unreadable, a directory or too large is a problem.
[[nodiscard]] Loaded load_file(const std::filesystem::path& file, const Environment& environment,
                               const Flags& flags = {});
[[nodiscard]] Loaded load_flags(const Flags& flags);

// The effective configuration, every default included, as YAML that loads as the same settings; secrets are
// hidden.
[[nodiscard]] std::string print(const Settings& settings);
// The same as JSON.
[[nodiscard]] std::string print_json(const Settings& settings);

// The JSON Schema (2020-12) of the configuration, and its reference page in Markdown.
[[nodiscard]] std::string schema();
[[nodiscard]] std::string reference_page();

}   // namespace outrigger::config
