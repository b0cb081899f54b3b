// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/ecs_record.hpp>
#include "decimal.hpp"

#include <chrono>
#include <cstring>

namespace outrigger::logging {
namespace {

// `value` as so many decimal digits, an even number, with leading zeros, ending before `end`.
template <int width>
void write_digits(char* end, std::uint32_t value) noexcept {
    for (int written = 0; written < width; written += 2, value /= 100)
        std::memcpy(end -= 2, digit_pairs[value % 100].data(), 2);
}

// 2026-11-20T10:12:18.000000Z; WallTime reaches from 1677 to 2262, so that the year always has four digits.
void write_second(char* text, std::chrono::sys_seconds second) noexcept {
    const auto midnight = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{midnight};
    const std::chrono::hh_mm_ss time{second - midnight};
    write_digits<4>(text + 4, static_cast<std::uint32_t>(int{date.year()}));
    text[4] = '-';
    write_digits<2>(text + 7, unsigned{date.month()});
    text[7] = '-';
    write_digits<2>(text + 10, unsigned{date.day()});
    text[10] = 'T';
    write_digits<2>(text + 13, static_cast<std::uint32_t>(time.hours().count()));
    text[13] = ':';
    write_digits<2>(text + 16, static_cast<std::uint32_t>(time.minutes().count()));
    text[16] = ':';
    write_digits<2>(text + 19, static_cast<std::uint32_t>(time.seconds().count()));
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
    write_digits<6>(text_.data() + 26, static_cast<std::uint32_t>(now - second_) / 1000);
}

}  // namespace outrigger::logging
