// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// Which bytes may stand where (RFC 9110 section 5, RFC 3986), and how to walk over them quickly. Private to
// the codec.
namespace outrigger::http1 {

namespace char_class {

inline constexpr std::uint8_t token = 1;     // methods, field names, codings
inline constexpr std::uint8_t value = 2;     // field values: visible, blank, tab, 0x80-0xff
inline constexpr std::uint8_t target = 4;    // visible ASCII without `#`
inline constexpr std::uint8_t reg_name = 8;  // RFC 3986 reg-name, without `%`
inline constexpr std::uint8_t hex = 16;
inline constexpr std::uint8_t digit = 32;
inline constexpr std::uint8_t quoted = 64;  // qdtext of a quoted string

constexpr bool is_one_of(int byte, std::string_view set) {
    return set.find(static_cast<char>(byte)) != std::string_view::npos;
}

constexpr std::uint8_t of(int byte) {
    const bool digit_byte = byte >= '0' && byte <= '9';
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    const bool visible = byte > 0x20 && byte < 0x7f;
    unsigned bits = 0;
    if (digit_byte || letter || (visible && is_one_of(byte, "!#$%&'*+-.^_`|~"))) bits |= token;
    if (visible || byte == ' ' || byte == '\t' || byte >= 0x80) bits |= value;
    if (visible && byte != '#') bits |= target;
    if (digit_byte || letter || (visible && is_one_of(byte, "-._~!$&'()*+,;="))) bits |= reg_name;
    if (digit_byte || (visible && is_one_of(byte, "abcdefABCDEF"))) bits |= hex;
    if (digit_byte) bits |= digit;
    if ((bits & value) != 0 && byte != '"' && byte != '\\') bits |= quoted;
    return static_cast<std::uint8_t>(bits);
}

inline constexpr std::array<std::uint8_t, 256> table = [] {
    std::array<std::uint8_t, 256> filled{};
    for (int byte = 0; byte < 256; ++byte) filled[static_cast<std::size_t>(byte)] = of(byte);
    return filled;
}();

}  // namespace char_class

[[nodiscard]] constexpr bool is(char byte, std::uint8_t wanted) noexcept {
    return (char_class::table[static_cast<unsigned char>(byte)] & wanted) != 0;
}
[[nodiscard]] constexpr bool is_blank(char byte) noexcept {
    return byte <= ' ' && (byte == ' ' || byte == '\t');
}
[[nodiscard]] constexpr bool all_are(std::string_view bytes, std::uint8_t wanted) noexcept {
    for (const char byte : bytes)
        if (!is(byte, wanted)) return false;
    return true;
}

[[nodiscard]] inline std::uint64_t load8(const char* at) noexcept {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}
[[nodiscard]] inline std::uint32_t load4(const char* at) noexcept {
    std::uint32_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}
[[nodiscard]] constexpr std::uint64_t eight_of(std::uint8_t byte) noexcept {
    return 0x0101010101010101U * byte;
}

[[nodiscard]] constexpr char lower(char byte) noexcept {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}

// Eight bytes at once: bit 7 of a byte of `from_a` is set from 'A' on, of `above_z` from 'Z'+1 on, without
// carries.
[[nodiscard]] constexpr std::uint64_t lower8(std::uint64_t word) noexcept {
    const std::uint64_t low_bits = word & eight_of(0x7f);
    const std::uint64_t from_a = low_bits + eight_of(0x80 - 'A');
    const std::uint64_t above_z = low_bits + eight_of(0x7f - 'Z');
    return word | (((from_a ^ above_z) & ~word & eight_of(0x80)) >> 2);
}

[[nodiscard]] constexpr std::string_view without_blanks(std::string_view bytes) noexcept {
    while (!bytes.empty() && is_blank(bytes.front())) bytes.remove_prefix(1);
    while (!bytes.empty() && is_blank(bytes.back())) bytes.remove_suffix(1);
    return bytes;
}

// A name to compare with, word-wise and without regard to case. Folding is a plain `| 0x20`, which is exact
// as long as the compared bytes are of class value: only control bytes besides a letter's other case fold
// onto a name's bytes.
template <std::size_t size>
class KnownName {
public:
    consteval KnownName(const char (&lower_case)[size + 1]) {  // NOLINT: a literal is a name
        for (std::size_t i = 0; i < size; ++i) text_[i] = lower_case[i];
    }
    // `at` is the start of exactly `size` bytes of class value.
    [[nodiscard]] bool is_at(const char* at) const noexcept {
        if constexpr (size >= 8) {
            std::uint64_t different = 0;
            for (std::size_t i = 0; i + 8 <= size; i += 8)
                different |= folded8(at + i) ^ load8(text_.data() + i);
            return (different | (folded8(at + size - 8) ^ load8(text_.data() + size - 8))) == 0;
        } else if constexpr (size >= 4) {
            return ((folded4(at) ^ load4(text_.data())) |
                    (folded4(at + size - 4) ^ load4(text_.data() + size - 4))) == 0;
        } else {
            for (std::size_t i = 0; i < size; ++i)
                if ((at[i] | 0x20) != text_[i]) return false;
            return true;
        }
    }
    [[nodiscard]] bool is(std::string_view token) const noexcept {
        return token.size() == size && is_at(token.data());
    }

private:
    [[nodiscard]] static std::uint64_t folded8(const char* at) noexcept { return load8(at) | eight_of(0x20); }
    [[nodiscard]] static std::uint32_t folded4(const char* at) noexcept { return load4(at) | 0x20202020U; }
    std::array<char, size> text_{};
};
template <std::size_t with_nul>
KnownName(const char (&)[with_nul]) -> KnownName<with_nul - 1>;

}  // namespace outrigger::http1
