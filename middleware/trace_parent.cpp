// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/trace_parent.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace outrigger::middleware {
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

using Sixteen [[gnu::vector_size(16)]] = signed char;

// Sixteen nibbles, each in a byte of its own, as digits.
[[gnu::always_inline]] inline void write_digits(char* at, Sixteen nibbles) noexcept {
    const Sixteen digits = nibbles + '0' + ((nibbles > 9) & ('a' - '0' - 10));
    std::memcpy(at, &digits, sizeof digits);
}

// Never zero, of which no id may consist.
[[gnu::always_inline]] inline std::uint64_t some_bits(Rng& rng) noexcept {
    std::uint64_t bits = rng();
    while (bits == 0) bits = rng();
    return bits;
}

// A digit for each nibble, the lower ones first: at random, and so in no particular order.
[[gnu::always_inline]] inline void write_16_random(char* at, Rng& rng) noexcept {
    using Words [[gnu::vector_size(16)]] = std::uint64_t;
    const std::uint64_t bits = some_bits(rng);
    write_digits(at, Sixteen(Words{bits & eight_of(0x0f), bits >> 4 & eight_of(0x0f)}));
}
[[gnu::always_inline]] inline void write_32_random(char* at, Rng& rng) noexcept {
    write_16_random(at, rng);
    write_16_random(at + 16, rng);
}

}  // namespace

bool TraceParent::valid(std::string_view header) noexcept {
    if (header.size() < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-') return false;
    const std::string_view version = header.substr(0, 2);
    if (!lower_hex(version[0]) || !lower_hex(version[1]) || version == "ff") return false;
    // Version 00 ends here; a later one may go on after another dash.
    if (header.size() > 55 && (version == "00" || header[55] != '-')) return false;
    return valid_id(header.data() + 3, 32) && valid_id(header.data() + 36, 16) && lower_hex(header[53]) &&
           lower_hex(header[54]);
}

TraceParent::TraceParent(std::string_view header, Rng& rng) noexcept : continued_{valid(header)} {
    std::memcpy(text_.data(), "00-", 3);
    if (continued_) {
        std::memcpy(text_.data() + 3, header.data() + 3, 32);
        std::memcpy(parent_.data(), header.data() + 36, 16);
        std::memcpy(text_.data() + 52, header.data() + 52, 3);
    } else {
        write_32_random(text_.data() + 3, rng);
        std::memcpy(text_.data() + 52, "-01", 3);   // sampled
    }
    text_[35] = '-';
    write_16_random(text_.data() + 36, rng);
}

std::array<char, 32> random_id(Rng& rng) noexcept {
    std::array<char, 32> id;
    write_32_random(id.data(), rng);
    return id;
}

bool acceptable_request_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace outrigger::middleware
