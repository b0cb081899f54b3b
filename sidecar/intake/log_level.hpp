// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <outrigger/logging/severity.hpp>

namespace outrigger::intake {

// What a program's logger calls a level.
struct LogLevel {
    std::string_view word;   // as it is to stand in log.level: static, or what was given
    logging::Severity severity = logging::Severity::normal;
};

// A word, capital letters or not, as npm's loggers, syslog, Log4j and NestJS write it: a few that mean another are
// replaced ("log" -> "info"), all others stay. One that is unknown is normal.
[[nodiscard]] LogLevel level_of_word(std::string_view word) noexcept;
// A number: pino's and bunyan's from 10 (trace) to 60 (fatal), below 8 syslog's. The text is a JSON number.
[[nodiscard]] LogLevel level_of_number(std::string_view number) noexcept;

}   // namespace outrigger::intake
