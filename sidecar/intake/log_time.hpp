// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <outrigger/logging/ecs_record.hpp>

namespace outrigger::intake {

// Appends the instant that a program's logger wrote as RFC 3339, and says whether it was one.
// A date and time of ISO 8601, to which a missing T or zone (UTC) is added: its digits stay as they are.
[[nodiscard]] bool append_date(std::string& out, std::string_view text);
// Seconds, milli-, micro- or nanoseconds since 1970, told apart by their size: from 1973 to 2262.
[[nodiscard]] bool append_epoch(std::string& out, std::string_view number, logging::Timestamp& timestamp);

}   // namespace outrigger::intake
