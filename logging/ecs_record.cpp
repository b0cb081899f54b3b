// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/ecs_record.hpp>
#include "decimal.hpp"

#include <chrono>
#include <cstring>

namespace outrigger::logging {
namespace {

void write_2(char* to, std::uint32_t value) noexcept { std::memcpy(to, digit_pairs[value].data(), 2); }

// 2026-11-20T10:12:18.000000Z; WallTime reaches from 1677 to 2262, so that the year always has four digits.
void write_second(char* text, std::chrono::sys_seconds second) noexcept {
    const auto midnight = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{midnight};
    const std::chrono::hh_mm_ss time{second - midnight};
    const auto year = static_cast<std::uint32_t>(int{date.year()});
    write_2(text, year / 100);
    write_2(text + 2, year % 100);
    text[4] = '-';
    write_2(text + 5, unsigned{date.month()});
    text[7] = '-';
    write_2(text + 8, unsigned{date.day()});
    text[10] = 'T';
    write_2(text + 11, static_cast<std::uint32_t>(time.hours().count()));
    text[13] = ':';
    write_2(text + 14, static_cast<std::uint32_t>(time.minutes().count()));
    text[16] = ':';
    write_2(text + 17, static_cast<std::uint32_t>(time.seconds().count()));
    text[19] = '.';
    text[26] = 'Z';
}

}  // namespace

void Timestamp::update(WallTime at) noexcept {
    constexpr std::uint64_t second = 1'000'000'000;
    // Unsigned, so that what lies before second_ is far away too.
    const auto now = static_cast<std::uint64_t>(at.time_since_epoch().count());
    if (now - second_ >= second) {
        const auto began = std::chrono::floor<std::chrono::seconds>(at);
        write_second(text_.data(), began);
        second_ = static_cast<std::uint64_t>(began.time_since_epoch().count()) * second;
    }
    const auto micros = static_cast<std::uint32_t>(now - second_) / 1'000;
    write_2(text_.data() + 20, micros / 10'000);
    write_2(text_.data() + 22, micros / 100 % 100);
    write_2(text_.data() + 24, micros % 100);
}

}  // namespace outrigger::logging
