// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/json_line.hpp>
#include "decimal.hpp"
#include "json_escape.hpp"

#include <array>

namespace outrigger::logging {
namespace {

[[gnu::cold, gnu::noinline]] char* escaped_with_care(char* to, std::string_view value) noexcept {
    const char* const end = value.data() + value.size();
    for (const char* from = value.data(); from != end;) {
        const JsonEscaped step = escape_json(from, end, to);
        from = step.from;
        to = step.to;
    }
    return to;
}

char* copied(char* to, const std::array<char, 2>& pair) noexcept {
    std::memcpy(to, pair.data(), pair.size());
    return to + pair.size();
}

// Two digits, or one.
[[gnu::always_inline]] inline char* first_digits(char* to, std::uint32_t below_100) noexcept {
    if (below_100 >= 10) return copied(to, digit_pairs[below_100]);
    *to = static_cast<char>('0' + below_100);
    return to + 1;
}

[[gnu::always_inline]] inline char* four_digits(char* to, std::uint32_t below_10000) noexcept {
    return copied(copied(to, digit_pairs[below_10000 / 100]), digit_pairs[below_10000 % 100]);
}

// Most numbers of a line have up to four digits.
[[gnu::always_inline]] inline char* small(char* to, std::uint32_t below_10000) noexcept {
    if (below_10000 < 100) return first_digits(to, below_10000);
    return copied(first_digits(to, below_10000 / 100), digit_pairs[below_10000 % 100]);
}

[[gnu::noinline]] char* large(char* to, std::uint64_t value) noexcept {
    const std::uint64_t above = value / 10'000;
    to = above < 10'000 ? small(to, static_cast<std::uint32_t>(above)) : large(to, above);
    return four_digits(to, static_cast<std::uint32_t>(value % 10'000));
}

}  // namespace

static_assert(JsonLine::byte_max == json_escape_max);

char* JsonLine::escaped(char* to, std::string_view value) noexcept {
    if (!copy_plain_json(value.data(), value.size(), to)) return escaped_with_care(to, value);
    return to + value.size();
}

char* JsonLine::digits(char* to, std::uint64_t value) noexcept {
    return value < 10'000 ? small(to, static_cast<std::uint32_t>(value)) : large(to, value);
}

}  // namespace outrigger::logging
