// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/ecs_record.hpp>

#include <chrono>
#include <cstring>

namespace outrigger::logging {
namespace {

constexpr auto pairs = [] {   // "00" to "99"
    std::array<std::array<char, 2>, 100> filled{};
    for (std::size_t i = 0; i < filled.size(); ++i)
        filled[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
    return filled;
}();

// `value` as so many decimal digits, an even number, with leading zeros, ending before `end`.
template <int width>
void write_digits(char* end, std::uint32_t value) noexcept {
    for (int written = 0; written < width; written += 2, value /= 100)
        std::memcpy(end -= 2, pairs[value % 100].data(), 2);
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

std::string_view Timestamp::write(WallTime at) noexcept {
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    if (const auto count = second.time_since_epoch().count(); count != second_) {
        write_second(text_.data(), second);
        second_ = count;
    }
    const auto micros = std::chrono::floor<std::chrono::microseconds>(at - second);
    write_digits<6>(text_.data() + 26, static_cast<std::uint32_t>(micros.count()));
    return {text_.data(), text_.size()};
}

}  // namespace outrigger::logging
