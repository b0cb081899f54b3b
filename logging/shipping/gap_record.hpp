// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/severity.hpp>

namespace outrigger::logging {

// Appends the record that tells of records that are not there: a line as Sink::take() wants it, of level warn.
void append_gap_record(std::string& to, std::string_view service, WallTime now, std::string_view reason,
                       const std::array<std::uint64_t, severity_count>& records, WallTime first, WallTime last);

}   // namespace outrigger::logging
