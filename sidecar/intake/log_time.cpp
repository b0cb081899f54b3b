// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/log_time.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace outrigger::intake {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// "2026-11-20 10:12:18" against "dddd-dd-dd?dd:dd:dd": d a digit, ? a blank or a T.
bool looks_like(std::string_view text, std::string_view shape) noexcept {
    return text.size() >= shape.size() &&
           std::equal(shape.begin(), shape.end(), text.begin(), [](char wanted, char c) {
               return wanted == 'd'   ? is_digit(c)
                      : wanted == '?' ? c == ' ' || c == 'T' || c == 't'
                                      : c == wanted;
           });
}

int two_digits(std::string_view text, std::size_t at) noexcept {
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool is_zone(std::string_view text) noexcept {
    if (text.empty() || text == "Z" || text == "z") return true;
    if (text.front() != '+' && text.front() != '-') return false;
    text.remove_prefix(1);
    return (text.size() == 5 && looks_like(text, "dd:dd")) || (text.size() == 4 && looks_like(text, "dddd"));
}

}   // namespace

bool append_date(std::string& out, std::string_view text) {
    constexpr std::string_view shape = "dddd-dd-dd?dd:dd:dd";
    if (text.size() > 40 || !looks_like(text, shape)) return false;
    const std::chrono::year_month_day day{std::chrono::year{two_digits(text, 0) * 100 + two_digits(text, 2)},
                                          std::chrono::month{static_cast<unsigned>(two_digits(text, 5))},
                                          std::chrono::day{static_cast<unsigned>(two_digits(text, 8))}};
    if (!day.ok() || two_digits(text, 11) > 23 || two_digits(text, 14) > 59 || two_digits(text, 17) > 59)
        return false;
    std::size_t end = shape.size();
    if (end < text.size() && (text[end] == '.' || text[end] == ',')) {
        const std::size_t begin = ++end;
        while (end < text.size() && is_digit(text[end])) ++end;
        if (end == begin || end - begin > 9) return false;
    }
    std::string_view zone = text.substr(end);
    if (!is_zone(zone)) return false;
    const std::size_t at = out.size();
    out += text.substr(0, end);
    out[at + 10] = 'T';
    if (end > shape.size()) out[at + shape.size()] = '.';
    if (zone.size() < 2) {
        out += 'Z';
    } else {
        out += zone.substr(0, 3);
        out += ':';
        out += zone.substr(zone.size() - 2);
    }
    return true;
}

bool append_epoch(std::string& out, std::string_view number, logging::Timestamp& timestamp) {
    double value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    if (read.ec != std::errc{} || read.ptr != number.data() + number.size()) return false;
    // 1e8 s is in 1973, and so is 1e11 ms: no instant of a log is before, and none 1000 times later.
    if (!(value >= 1e8 && value < 1e20)) return false;
    double nanoseconds = 1e9;
    for (double limit = 1e11; value >= limit && nanoseconds > 1; limit *= 1000) nanoseconds /= 1000;
    const double since = value * nanoseconds;
    if (since >= 9.2e18) return false;   // beyond what an instant holds: 2262
    // Not in floating point where whole numbers are exact and a product would not be.
    std::int64_t whole = 0;
    const auto exact = std::from_chars(number.data(), number.data() + number.size(), whole);
    const bool is_whole = exact.ec == std::errc{} && exact.ptr == number.data() + number.size();
    const Duration length{is_whole ? whole * static_cast<std::int64_t>(nanoseconds)
                                   : static_cast<std::int64_t>(since)};
    out += timestamp.write(WallTime{length});
    return true;
}

}   // namespace outrigger::intake
