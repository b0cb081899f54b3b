// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/ecs_record.hpp>

#include <chrono>

namespace outrigger::logging {
namespace {

// `value` as decimal digits with leading zeros, ending before `end`.
void write_digits(char* end, std::uint32_t value, int width) noexcept {
    for (; width > 0; --width, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

// 2026-11-20T10:12:18.000000Z; WallTime reaches from 1677 to 2262, so that the year always has four digits.
void write_second(char* text, std::chrono::sys_seconds second) noexcept {
    const auto midnight = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{midnight};
    const std::chrono::hh_mm_ss time{second - midnight};
    write_digits(text + 4, static_cast<std::uint32_t>(int{date.year()}), 4);
    text[4] = '-';
    write_digits(text + 7, unsigned{date.month()}, 2);
    text[7] = '-';
    write_digits(text + 10, unsigned{date.day()}, 2);
    text[10] = 'T';
    write_digits(text + 13, static_cast<std::uint32_t>(time.hours().count()), 2);
    text[13] = ':';
    write_digits(text + 16, static_cast<std::uint32_t>(time.minutes().count()), 2);
    text[16] = ':';
    write_digits(text + 19, static_cast<std::uint32_t>(time.seconds().count()), 2);
    text[19] = '.';
    text[26] = 'Z';
}

}  // namespace

std::string_view Timestamp::write(WallTime at) noexcept {
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    if (const auto count = second.time_since_epoch().count(); count != second_) {
        write_second(text_.data(), second);
        second_ = count;
    }
    const auto micros = std::chrono::floor<std::chrono::microseconds>(at - second);
    write_digits(text_.data() + 26, static_cast<std::uint32_t>(micros.count()), 6);
    return {text_.data(), text_.size()};
}

}  // namespace outrigger::logging
