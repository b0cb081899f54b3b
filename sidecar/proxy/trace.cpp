// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/trace.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace outrigger::proxy {
namespace {

// Eight digits at once: the byte `value` in each byte of a word.
constexpr std::uint64_t eight_of(unsigned value) noexcept { return 0x0101010101010101U * value; }

std::uint64_t load8(const char* at) noexcept {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// Bit 7 of each byte is set where the byte, which is below 0x80, is at least `least`.
constexpr std::uint64_t at_least(std::uint64_t bytes, unsigned least) noexcept {
    return bytes + eight_of(0x80 - least);
}
constexpr bool eight_lower_hex(std::uint64_t bytes) noexcept {
    const std::uint64_t low = bytes & eight_of(0x7f);
    const std::uint64_t digit = at_least(low, '0') & ~at_least(low, '9' + 1);
    const std::uint64_t letter = at_least(low, 'a') & ~at_least(low, 'f' + 1);
    return ((digit | letter) & ~bytes & eight_of(0x80)) == eight_of(0x80);
}

bool lower_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// `size`, a multiple of eight, lower-case hexadecimal digits that are not all zero.
bool valid_id(const char* at, std::size_t size) noexcept {
    std::uint64_t other_than_zero = 0;
    bool valid = true;
    for (const char* const end = at + size; at != end; at += 8) {
        const std::uint64_t digits = load8(at);
        valid = valid && eight_lower_hex(digits);
        other_than_zero |= digits ^ eight_of('0');
    }
    return valid && other_than_zero != 0;
}

// Eight nibbles, each in a byte of its own, as digits: '0' is added, and what leads from ten to 'a'.
constexpr std::uint64_t hex_digits(std::uint64_t nibbles) noexcept {
    const std::uint64_t from_ten = ((nibbles + eight_of(6)) >> 4) & eight_of(1);
    return nibbles + eight_of('0') + from_ten * ('a' - '0' - 10);
}

// 16 digits at random, and so in no particular order. Not all zero, which is no valid id.
char* write_random(char* at, Rng& rng) noexcept {
    std::uint64_t word = rng();
    while (word == 0) word = rng();
    const std::array<std::uint64_t, 2> digits{hex_digits(word & eight_of(0x0f)), hex_digits(word >> 4 & eight_of(0x0f))};
    std::memcpy(at, digits.data(), sizeof digits);
    return at + sizeof digits;
}

}  // namespace

bool TraceContext::valid(std::string_view header) noexcept {
    if (header.size() < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-') return false;
    const std::string_view version = header.substr(0, 2);
    if (!lower_hex(version[0]) || !lower_hex(version[1]) || version == "ff") return false;
    // Version 00 ends here; a later one may go on after another dash.
    if (header.size() > 55 && (version == "00" || header[55] != '-')) return false;
    return valid_id(header.data() + 3, 32) && valid_id(header.data() + 36, 16) && lower_hex(header[53]) &&
           lower_hex(header[54]);
}

TraceContext::TraceContext(std::string_view header, Rng& rng) noexcept : continued_{valid(header)} {
    text_[0] = text_[1] = '0';
    text_[2] = text_[35] = text_[52] = '-';
    if (continued_) {
        std::copy_n(header.begin() + 3, 32, text_.begin() + 3);
        std::copy_n(header.begin() + 36, 16, parent_.begin());
        std::copy_n(header.begin() + 53, 2, text_.begin() + 53);
    } else {
        write_random(write_random(text_.data() + 3, rng), rng);
        text_[53] = '0';
        text_[54] = '1';   // sampled
    }
    write_random(text_.data() + 36, rng);
}

std::array<char, 32> random_id(Rng& rng) noexcept {
    std::array<char, 32> id;
    write_random(write_random(id.data(), rng), rng);
    return id;
}

bool acceptable_request_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace outrigger::proxy
