// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "sidecar/http1/char_class.hpp"

// Walks over bytes of one class: each function returns the first byte in [at, end) that is not of its class,
// else `end`. The table decides; where the processor has 16-byte compares they only shorten the way to that
// byte, and a machine without them does the same one byte at a time. Private to the codec.
namespace outrigger::http1 {

[[nodiscard]] inline const char* skip_each(const char* at, const char* end, std::uint8_t wanted) noexcept {
    while (at != end && is(*at, wanted)) ++at;
    return at;
}

[[nodiscard]] inline const char* find_empty_line_each(const char* at, const char* end) noexcept {
    while (at != end && (at[0] != '\n' || at[-2] != '\n')) ++at;
    return at;
}

#if defined(__SSE2__)

namespace sixteen {

using Bytes = __m128i;

[[nodiscard]] inline Bytes all(int byte) noexcept { return _mm_set1_epi8(static_cast<char>(byte)); }
[[nodiscard]] inline Bytes at(const char* from) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const Bytes*>(from));
}
// Unsigned: low <= byte <= high.
[[nodiscard]] inline Bytes within(Bytes bytes, int low, int high) noexcept {
    const Bytes offset = _mm_sub_epi8(bytes, all(low));
    return _mm_cmpeq_epi8(_mm_min_epu8(offset, all(high - low)), offset);
}
[[nodiscard]] inline Bytes equal(Bytes bytes, int byte) noexcept { return _mm_cmpeq_epi8(bytes, all(byte)); }
[[nodiscard]] inline Bytes letter(Bytes bytes) noexcept {
    return within(_mm_or_si128(bytes, all(0x20)), 'a', 'z');
}
// Bit n is set where byte n of `matches` is.
[[nodiscard]] inline unsigned bits(Bytes matches) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(matches));
}
inline constexpr unsigned every_bit = 0xffff;

}  // namespace sixteen

// Where `stops(bytes)` first has a bit set in [at, end). The last bytes are seen together with those before them, so
// sixteen must stand before `end`, be it before `at`. What stands before `at` counts for nothing.
template <class Stops>
[[nodiscard]] inline const char* find_stop(const char* at, const char* end, Stops stops) noexcept {
    const char* const last = end - 16;
    unsigned found = 0;
    while (at <= last && (found = stops(sixteen::at(at))) == 0) at += 16;
    if (found == 0) found = stops(sixteen::at(last)) >> (at - last);
    return found != 0 ? at + std::countr_zero(found) : end;
}

// Skips while `stops(bytes)` has no bit set. Where it is not exact (a byte of the class may stop it), the
// table decides and the walk goes on behind that byte.
template <class Stops>
[[nodiscard]] inline const char* skip_sixteen(const char* at, const char* end, std::uint8_t wanted,
                                              Stops stops) noexcept {
    while (end - at >= 16) {
        const unsigned found = stops(sixteen::at(at));
        if (found == 0) {
            at += 16;
        } else {
            at += std::countr_zero(found);
            if (!is(*at, wanted)) return at;
            ++at;
        }
    }
    return skip_each(at, end, wanted);
}

// The first LF in [at, end) that another stands two bytes before, as at the end of an empty line; else `end`. At least
// two bytes stand before `at`.
[[nodiscard]] inline const char* find_empty_line(const char* at, const char* end) noexcept {
    const auto found = [](const char* from) noexcept {
        return _mm_and_si128(sixteen::equal(sixteen::at(from), '\n'), sixteen::equal(sixteen::at(from - 2), '\n'));
    };
    const char* const last = end - 16;
    while (at <= last - 16 && sixteen::bits(_mm_or_si128(found(at), found(at + 16))) == 0) at += 32;
    for (; at <= last; at += 16)
        if (const unsigned bits = sixteen::bits(found(at))) return at + std::countr_zero(bits);
    return find_empty_line_each(at, end);
}

// Control bytes, and those above 0x7f, which the table tells apart. One more, as a signed byte: DEL becomes the smallest.
[[nodiscard]] inline unsigned control_bytes(sixteen::Bytes bytes) noexcept {
    return sixteen::bits(_mm_cmplt_epi8(_mm_add_epi8(bytes, sixteen::all(1)), sixteen::all(' ' + 1)));
}
// All but letters and hyphens.
[[nodiscard]] inline unsigned unusual_name_bytes(sixteen::Bytes bytes) noexcept {
    return sixteen::bits(_mm_or_si128(sixteen::letter(bytes), sixteen::equal(bytes, '-'))) ^ sixteen::every_bit;
}

[[nodiscard]] inline const char* skip_value(const char* at, const char* end) noexcept {
    return skip_sixteen(at, end, char_class::value, control_bytes);
}
// The same for a value and a name in the fields of a whole head: sixteen bytes or more stand before its end, and its last
// line's end stops both before it.
[[nodiscard]] inline const char* skip_field_value(const char* at, const char* end) noexcept {
    for (;; ++at) {
        at = find_stop(at, end, control_bytes);
        if (*at == '\r' || !is(*at, char_class::value)) return at;
    }
}
[[nodiscard]] inline const char* skip_field_name(const char* at, const char* end) noexcept {
    for (;; ++at) {
        at = find_stop(at, end, unusual_name_bytes);
        if (*at == ':' || !is(*at, char_class::token)) return at;
    }
}
[[nodiscard]] inline const char* skip_target(const char* at, const char* end) noexcept {
    return skip_sixteen(at, end, char_class::target, [](sixteen::Bytes bytes) noexcept {
        return sixteen::bits(
                   _mm_andnot_si128(sixteen::equal(bytes, '#'), sixteen::within(bytes, 0x21, 0x7e))) ^
               sixteen::every_bit;
    });
}
// Letters and hyphens go by the dozen; the table sees the rest.
[[nodiscard]] inline const char* skip_token(const char* at, const char* end) noexcept {
    return skip_sixteen(at, end, char_class::token, unusual_name_bytes);
}
[[nodiscard]] inline const char* skip_reg_name(const char* at, const char* end) noexcept {
    return skip_sixteen(at, end, char_class::reg_name, [](sixteen::Bytes bytes) noexcept {
        const sixteen::Bytes mark =
            _mm_or_si128(sixteen::within(bytes, '-', '.'), sixteen::within(bytes, '0', '9'));
        return sixteen::bits(_mm_or_si128(sixteen::letter(bytes), mark)) ^ sixteen::every_bit;
    });
}

#else

[[nodiscard]] inline const char* find_empty_line(const char* at, const char* end) noexcept {
    return find_empty_line_each(at, end);
}
[[nodiscard]] inline const char* skip_value(const char* at, const char* end) noexcept {
    return skip_each(at, end, char_class::value);
}
[[nodiscard]] inline const char* skip_field_value(const char* at, const char* end) noexcept {
    return skip_value(at, end);
}
[[nodiscard]] inline const char* skip_field_name(const char* at, const char* end) noexcept {
    return skip_each(at, end, char_class::token);
}
[[nodiscard]] inline const char* skip_target(const char* at, const char* end) noexcept {
    return skip_each(at, end, char_class::target);
}
[[nodiscard]] inline const char* skip_token(const char* at, const char* end) noexcept {
    return skip_each(at, end, char_class::token);
}
[[nodiscard]] inline const char* skip_reg_name(const char* at, const char* end) noexcept {
    return skip_each(at, end, char_class::reg_name);
}

#endif

}  // namespace outrigger::http1
