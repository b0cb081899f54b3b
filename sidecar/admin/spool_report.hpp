// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <outrigger/logging/shipping/spool_reader.hpp>

namespace outrigger::admin {

// What GET /api/spool answers and `outrigger spool inspect --json` prints: one object on a line.
[[nodiscard]] std::string to_json(const logging::SpoolReport& report);
// The inverse; nothing if it is anything else. Members that it does not know are left alone.
[[nodiscard]] std::optional<logging::SpoolReport> spool_report_of(std::string_view json);

}   // namespace outrigger::admin
