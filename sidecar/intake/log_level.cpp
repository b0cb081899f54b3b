// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/log_level.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace outrigger::intake {
namespace {

using logging::Severity;

struct Known {
    std::string_view given;
    LogLevel level;
};
constexpr std::array<Known, 25> known{{
    {"info", {"info", Severity::normal}},     {"error", {"error", Severity::high}},
    {"warn", {"warn", Severity::high}},       {"debug", {"debug", Severity::low}},
    {"log", {"info", Severity::normal}},      {"warning", {"warn", Severity::high}},
    {"trace", {"trace", Severity::low}},      {"verbose", {"verbose", Severity::low}},
    {"fatal", {"fatal", Severity::high}},     {"http", {"http", Severity::low}},
    {"silly", {"silly", Severity::low}},      {"critical", {"critical", Severity::high}},
    {"crit", {"critical", Severity::high}},   {"err", {"error", Severity::high}},
    {"notice", {"notice", Severity::normal}}, {"alert", {"alert", Severity::high}},
    {"emerg", {"emergency", Severity::high}}, {"emergency", {"emergency", Severity::high}},
    {"panic", {"panic", Severity::high}},     {"information", {"info", Severity::normal}},
    {"severe", {"error", Severity::high}},    {"fine", {"debug", Severity::low}},
    {"finer", {"trace", Severity::low}},      {"finest", {"trace", Severity::low}},
    {"all", {"trace", Severity::low}},
}};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view given, std::string_view word) noexcept {
    return std::equal(given.begin(), given.end(), word.begin(), word.end(),
                      [](char a, char b) { return lower(a) == b; });
}

// RFC 5424, section 6.2.1.
constexpr std::array<LogLevel, 8> syslog{{{"emergency", Severity::high},
                                          {"alert", Severity::high},
                                          {"critical", Severity::high},
                                          {"error", Severity::high},
                                          {"warn", Severity::high},
                                          {"notice", Severity::normal},
                                          {"info", Severity::normal},
                                          {"debug", Severity::low}}};

}   // namespace

LogLevel level_of_word(std::string_view word) noexcept {
    const auto* found = std::find_if(known.begin(), known.end(),
                                     [&](const Known& one) { return same_word(word, one.given); });
    return found == known.end() ? LogLevel{word, Severity::normal} : found->level;
}

LogLevel level_of_number(std::string_view number) noexcept {
    double value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    if (read.ec != std::errc{}) return {"info", Severity::normal};   // beyond a double: nobody's level
    if (value >= 60) return {"fatal", Severity::high};
    if (value >= 50) return {"error", Severity::high};
    if (value >= 40) return {"warn", Severity::high};
    if (value >= 30) return {"info", Severity::normal};
    if (value >= 20) return {"debug", Severity::low};
    if (value >= 8) return {"trace", Severity::low};
    return value >= 0 ? syslog[static_cast<std::size_t>(value)] : LogLevel{"trace", Severity::low};
}

}   // namespace outrigger::intake
