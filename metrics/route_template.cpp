// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/route_template.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace outrigger::metrics {
namespace {

constexpr std::size_t hash_least = 8;          // an abbreviated git commit has 7 to 12
constexpr std::size_t digits_least = 5;        // "http2", "utf-8", "covid19", "top-100" and "2024" in a name are words
constexpr std::size_t token_least = 20;        // nanoid has 21, ULID 26, KSUID 27
constexpr std::size_t token_always = 64;       // nobody writes such words
constexpr std::size_t uuid_size = 36;

// How many bytes of each class a segment has, counted in lanes of one word so that a byte costs one addition. The
// lanes do not overflow into each other: segments are counted up to lane_max bytes.
constexpr int digit = 0, hex_letter = 12, between = 24, at = 36;   // where the lanes begin
constexpr std::uint64_t ends_segment = std::uint64_t{1} << 63;
constexpr std::size_t lane_max = 4095;

constexpr std::size_t count_of(std::uint64_t counts, int lane) noexcept { return counts >> lane & lane_max; }

constexpr std::array<std::uint64_t, 256> classes = [] {
    std::array<std::uint64_t, 256> all{};
    const auto set = [&all](std::string_view bytes, std::uint64_t what) {
        for (const char c : bytes) all[static_cast<unsigned char>(c)] = what;
    };
    set("0123456789", std::uint64_t{1} << digit);
    set("abcdefABCDEF", std::uint64_t{1} << hex_letter);
    set("-:,_", std::uint64_t{1} << between);   // dates, times, ranges
    set("@%", std::uint64_t{1} << at);
    set("/?", ends_segment);
    return all;
}();

struct Segment {
    std::string_view text;
    std::uint64_t counts = 0;
};

// Up to the next slash, or the query.
Segment first_segment(std::string_view path) noexcept {
    Segment segment;
    const char* const begin = path.data();
    const char* const end = begin + path.size();
    const char* next = begin;
    for (; next != end; ++next) {
        const std::uint64_t what = classes[static_cast<unsigned char>(*next)];
        if ((what & ends_segment) != 0) break;
        segment.counts += what;
    }
    segment.text = {begin, static_cast<std::size_t>(next - begin)};
    return segment;
}

bool is_uuid(std::string_view text) noexcept {
    for (std::size_t i = 0; i < uuid_size; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const std::uint64_t what = classes[static_cast<unsigned char>(text[i])];
        if (dash ? text[i] != '-' : what != classes['0'] && what != classes['a']) return false;
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

SegmentKind kind_of(const Segment& segment) noexcept {
    const std::size_t size = segment.text.size();
    const std::size_t digits = count_of(segment.counts, digit);
    const std::size_t letters = count_of(segment.counts, hex_letter);
    const std::size_t joints = count_of(segment.counts, between);
    if (count_of(segment.counts, at) != 0 && is_email(segment.text)) return SegmentKind::email;
    const bool hexadecimal = digits != 0 && digits + letters == size;
    if (size >= token_always) return hexadecimal ? SegmentKind::hash : SegmentKind::token;
    if (digits == 0) return SegmentKind::literal;
    if (digits + joints == size) return SegmentKind::id;
    if (hexadecimal && size >= hash_least) return SegmentKind::hash;
    if (size == uuid_size && is_uuid(segment.text)) return SegmentKind::uuid;
    if (size >= token_least) return SegmentKind::token;
    return digits >= digits_least ? SegmentKind::id : SegmentKind::literal;
}

}  // namespace

SegmentKind segment_kind(std::string_view segment) noexcept {
    Segment counted{.text = segment};
    for (const char c : segment.substr(0, lane_max))
        counted.counts += classes[static_cast<unsigned char>(c)] & ~ends_segment;
    return kind_of(counted);
}

std::optional<std::string_view> route_template(std::string_view path, std::span<char> buffer) noexcept {
    if (path.size() > lane_max) path = path.substr(0, path.find('?'));   // mostly the query is the long part
    if (!path.starts_with('/') || path.size() > lane_max) return std::nullopt;
    std::size_t used = 0;
    while (!path.empty() && path.front() == '/') {
        path.remove_prefix(1);
        const Segment segment = first_segment(path);
        path.remove_prefix(segment.text.size());
        const SegmentKind kind = kind_of(segment);
        const std::string_view text = kind == SegmentKind::literal ? segment.text : placeholder(kind);
        if (used + 1 + text.size() > buffer.size()) return std::nullopt;
        buffer[used++] = '/';
        used += text.copy(buffer.data() + used, text.size());
    }
    return std::string_view{buffer.data(), used};
}

}  // namespace outrigger::metrics
