// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/route_template.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace outrigger::metrics {
namespace {

constexpr std::size_t hash_least = 8;          // an abbreviated git commit has 7 to 12
constexpr std::size_t digits_least = 5;        // "http2", "utf-8", "covid19", "top-100" and "2024" in a name are words
constexpr std::size_t token_least = 20;        // nanoid has 21, ULID 26, KSUID 27
constexpr std::size_t token_always = 64;       // nobody writes such words
constexpr std::size_t uuid_size = 36;

// What a byte may be part of; a segment's bytes are all or-ed and and-ed together.
enum Class : std::uint8_t { digit = 1, hex_letter = 2, between = 4, at = 8 };

constexpr std::array<std::uint8_t, 256> classes = [] {
    std::array<std::uint8_t, 256> all{};
    for (unsigned char c = '0'; c <= '9'; ++c) all[c] = digit;
    for (const char c : {'a', 'b', 'c', 'd', 'e', 'f', 'A', 'B', 'C', 'D', 'E', 'F'})
        all[static_cast<unsigned char>(c)] = hex_letter;
    for (const char c : {'-', ':', ',', '_'}) all[static_cast<unsigned char>(c)] = between;   // dates, times, ranges
    for (const char c : {'@', '%'}) all[static_cast<unsigned char>(c)] = at;
    return all;
}();

bool is_uuid(std::string_view text) noexcept {
    for (std::size_t i = 0; i < uuid_size; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : (classes[static_cast<unsigned char>(text[i])] & (digit | hex_letter)) == 0) return false;
    }
    return true;
}

bool is_email(std::string_view text) noexcept {
    std::size_t sign = text.find('@');
    std::size_t behind = sign + 1;
    if (sign == std::string_view::npos) {
        sign = text.find("%40");
        if (sign == std::string_view::npos) return false;
        behind = sign + 3;
    }
    const std::size_t dot = text.find('.', behind);
    return sign > 0 && dot != std::string_view::npos && dot > behind && dot + 1 < text.size();
}

}  // namespace

SegmentKind segment_kind(std::string_view segment) noexcept {
    unsigned any = 0;
    bool other = false;   // a byte of no class
    std::size_t digits = 0;
    for (const char c : segment) {
        const std::uint8_t kind = classes[static_cast<unsigned char>(c)];
        any |= kind;
        other |= kind == 0;
        digits += kind & digit;
    }
    const std::size_t size = segment.size();
    if ((any & at) != 0 && is_email(segment)) return SegmentKind::email;
    if (size >= token_always) {
        const bool hexadecimal = !other && (any & (between | at)) == 0 && digits > 0;
        return hexadecimal ? SegmentKind::hash : SegmentKind::token;
    }
    if (digits == 0) return SegmentKind::literal;
    if (size == uuid_size && is_uuid(segment)) return SegmentKind::uuid;
    if (!other && (any & (hex_letter | at)) == 0) return SegmentKind::id;
    if (!other && (any & (between | at)) == 0 && size >= hash_least) return SegmentKind::hash;
    if (size >= token_least) return SegmentKind::token;
    return digits >= digits_least ? SegmentKind::id : SegmentKind::literal;
}

std::optional<std::string_view> route_template(std::string_view path, std::span<char> buffer) noexcept {
    if (!path.starts_with('/')) return std::nullopt;
    path = path.substr(0, std::min(path.find('?'), path.size()));
    std::size_t used = 0;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::string_view segment = path.substr(0, std::min(path.find('/'), path.size()));
        path.remove_prefix(segment.size());
        const SegmentKind kind = segment_kind(segment);
        const std::string_view text = kind == SegmentKind::literal ? segment : placeholder(kind);
        if (used + 1 + text.size() > buffer.size()) return std::nullopt;
        buffer[used++] = '/';
        std::copy(text.begin(), text.end(), buffer.begin() + static_cast<std::ptrdiff_t>(used));
        used += text.size();
    }
    return std::string_view{buffer.data(), used};
}

}  // namespace outrigger::metrics
