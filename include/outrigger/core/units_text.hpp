// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/text_format.hpp>
#include <outrigger/core/units.hpp>

// How quantities are written as text: durations `250ms`, sizes `64KiB`, ratios `20%`, rates `500/s`. The same
// in settings, on the command line and in messages. Nothing here depends on the locale; any thread may call
// it.
namespace outrigger {

namespace detail {

struct Unit {
    std::string_view name;
    std::uint64_t size;   // in the smallest unit of the quantity
};

// A decimal number without sign or exponent: digits, and after a point at most 18 more.
struct Decimal {
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;   // its digits as a number
    std::uint64_t scale = 1;      // ten to the number of those digits
    std::string_view rest = {};   // what follows
};

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

inline std::optional<std::uint64_t> parse_digits(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || !is_digit(text.front()) || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

inline std::size_t count_digits(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

// How many characters of `text` are a plain decimal, 12 or 12.5; 0 if it does not begin with one.
inline std::size_t count_decimal(std::string_view text) noexcept {
    const std::size_t whole = count_digits(text);
    if (whole == 0 || whole == text.size() || text[whole] != '.') return whole;
    const std::size_t fraction = count_digits(text.substr(whole + 1));
    return fraction == 0 ? 0 : whole + 1 + fraction;
}

inline std::optional<Decimal> parse_decimal(std::string_view text) noexcept {
    const std::size_t length = count_decimal(text);
    if (length == 0) return std::nullopt;
    Decimal decimal{.rest = text.substr(length)};
    const std::string_view number = text.substr(0, length);
    const std::size_t point = number.find('.');
    const auto whole = parse_digits(number.substr(0, point));
    if (!whole) return std::nullopt;
    decimal.whole = *whole;
    if (point == std::string_view::npos) return decimal;
    const std::string_view digits = number.substr(point + 1);
    if (digits.size() > 18) return std::nullopt;   // 10^18 is the largest power of ten in 63 bits
    decimal.fraction = *parse_digits(digits);
    for (std::size_t i = 0; i < digits.size(); ++i) decimal.scale *= 10;
    return decimal;
}

// The decimal times `size`; nothing on overflow or if the product is not whole.
inline std::optional<std::uint64_t> multiply(const Decimal& decimal, std::uint64_t size) noexcept {
    std::uint64_t whole = 0;
    if (__builtin_mul_overflow(decimal.whole, size, &whole)) return std::nullopt;
    __extension__ typedef unsigned __int128 Wide;   // 10^18 x 3.6 x 10^12 needs 102 bits
    const Wide part = Wide{decimal.fraction} * size;
    if (part % decimal.scale != 0) return std::nullopt;
    const auto fraction = static_cast<std::uint64_t>(part / decimal.scale);   // below size
    if (__builtin_add_overflow(whole, fraction, &whole)) return std::nullopt;
    return whole;
}

// A number and one of the units, nothing between and nothing after.
inline std::optional<std::uint64_t> parse_quantity(std::string_view text,
                                                   std::span<const Unit> units) noexcept {
    const auto decimal = parse_decimal(text);
    if (!decimal) return std::nullopt;
    for (const Unit& unit : units)
        if (unit.name == decimal->rest) return multiply(*decimal, unit.size);
    return std::nullopt;
}

// `value` in one unit as a terminating decimal; empty if there is none, or if it would begin with "0.".
inline std::string print_in(std::uint64_t value, const Unit& unit) {
    if (value < unit.size) return {};
    std::string text = std::to_string(value / unit.size);
    std::uint64_t rest = value % unit.size;
    for (int digits = 0; rest != 0; ++digits) {
        if (digits == 0) text += '.';
        if (digits == 18) return {};
        rest *= 10;   // below 10 x 2^40
        text += static_cast<char>('0' + rest / unit.size);
        rest %= unit.size;
    }
    return text.append(unit.name);
}

// The shortest way to write it; of equally short ones the first.
inline std::string print_quantity(std::uint64_t value, std::span<const Unit> units) {
    std::string shortest;
    for (const Unit& unit : units)
        if (std::string text = print_in(value, unit);
            !text.empty() && (shortest.empty() || text.size() < shortest.size()))
            shortest = std::move(text);
    return shortest;
}

inline constexpr std::array duration_units{
    Unit{"h", 3'600'000'000'000}, Unit{"m", 60'000'000'000}, Unit{"s", 1'000'000'000},
    Unit{"ms", 1'000'000},        Unit{"us", 1'000},         Unit{"ns", 1}};
inline constexpr std::array bytes_units{Unit{"TiB", 1ULL << 40}, Unit{"GiB", 1ULL << 30},
                                        Unit{"MiB", 1ULL << 20}, Unit{"KiB", 1ULL << 10}, Unit{"B", 1}};

// A plain decimal as a double; nothing if it is none or out of range.
inline std::optional<double> parse_double(std::string_view text) noexcept {
    double value = 0;
    if (text.empty() || count_decimal(text) != text.size()) return std::nullopt;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

// Large enough for any double in [0, 1e18] in fixed notation (the smallest has 1074 decimals).
using DoubleText = std::array<char, 1200>;

// The shortest plain decimal that reads back as exactly this value.
inline std::string print_double(double value) {
    DoubleText buffer;
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
    return {buffer.data(), error == std::errc{} ? end : buffer.data()};
}

// The decimal d with the fewest decimals for which d / divisor is exactly `value`; empty if 17 are not
// enough.
inline std::string print_scaled(double value, double divisor) {
    DoubleText buffer;
    for (int decimals = 0; decimals <= 17; ++decimals) {
        const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value * divisor,
                                                std::chars_format::fixed, decimals);
        if (error != std::errc{}) break;
        const std::string_view text{buffer.data(), static_cast<std::size_t>(end - buffer.data())};
        if (const auto back = parse_double(text); back && *back / divisor == value) return std::string{text};
    }
    return {};
}

struct RateUnit {
    std::string_view name;
    double seconds;
};
inline constexpr std::array rate_units{RateUnit{"/s", 1.0}, RateUnit{"/m", 60.0}, RateUnit{"/h", 3600.0}};

}   // namespace detail

// One number and one unit of h, m, s, ms, us, ns: 250ms, 1.5s. A bare number is refused: which unit would it
// be?
[[nodiscard]] inline std::optional<Duration> parse_duration(std::string_view text) noexcept {
    const auto count = detail::parse_quantity(text, detail::duration_units);
    if (!count || *count > static_cast<std::uint64_t>(Duration::max().count())) return std::nullopt;
    return Duration{static_cast<Duration::rep>(*count)};
}

// The shortest text that parse_duration reads as the same length, preferring 100ms to 0.1s. A negative
// length, which no setting has, prints with a minus sign and does not parse.
[[nodiscard]] inline std::string to_string(Duration length) {
    if (length == Duration::zero()) return "0s";
    const auto bits = static_cast<std::uint64_t>(length.count());
    if (length < Duration::zero()) return '-' + detail::print_quantity(0 - bits, detail::duration_units);
    return detail::print_quantity(bits, detail::duration_units);
}

// One number and one unit of TiB, GiB, MiB, KiB, B, or a bare whole number of bytes. A fraction of a byte is
// refused.
[[nodiscard]] inline std::optional<Bytes> parse_bytes(std::string_view text) noexcept {
    auto count = detail::parse_digits(text);
    if (!count) count = detail::parse_quantity(text, detail::bytes_units);
    return count ? std::optional{Bytes{*count}} : std::nullopt;
}

[[nodiscard]] inline std::string to_string(Bytes size) {
    return size.count() == 0 ? "0" : detail::print_quantity(size.count(), detail::bytes_units);
}

// 20%, 0.5%, or a bare fraction from 0 to 1.
[[nodiscard]] inline std::optional<Ratio> parse_ratio(std::string_view text) noexcept {
    const bool percent = !text.empty() && text.back() == '%';
    if (percent) text.remove_suffix(1);
    const auto number = detail::parse_double(text);
    return number ? Ratio::from_fraction(percent ? *number / 100.0 : *number) : std::nullopt;
}

// As a percentage; the few values that no percentage of 17 decimals hits exactly print as a fraction.
[[nodiscard]] inline std::string to_string(Ratio ratio) {
    const double fraction = ratio.fraction() + 0.0;   // -0.0 becomes 0.0
    const std::string percent = detail::print_scaled(fraction, 100.0);
    return percent.empty() ? detail::print_double(fraction) : percent + '%';
}

// A number per second, minute or hour: 500/s, 30/m, 10/h.
[[nodiscard]] inline std::optional<Rate> parse_rate(std::string_view text) noexcept {
    for (const auto& unit : detail::rate_units) {
        if (!text.ends_with(unit.name)) continue;
        const auto number = detail::parse_double(text.substr(0, text.size() - unit.name.size()));
        return number ? Rate::per_second(*number / unit.seconds) : std::nullopt;
    }
    return std::nullopt;
}

[[nodiscard]] inline std::string to_string(Rate rate) {
    const double events = rate.per_second() + 0.0;
    std::string shortest = detail::print_double(events) + "/s";
    for (const auto& unit : detail::rate_units)
        if (const std::string text = detail::print_scaled(events, unit.seconds);
            !text.empty() && text.size() + unit.name.size() < shortest.size())
            shortest = text + std::string{unit.name};
    return shortest;
}

// ---- the formats ----------------------------------------------------------------------------------------

template <>
struct TextFormat<Duration> {
    static std::optional<Duration> parse(std::string_view text) { return parse_duration(text); }
    static std::string print(Duration value) { return to_string(value); }
    static std::string noun() { return "a duration"; }
    static std::string example() { return "250ms, 2s or 5m"; }
    static constexpr std::string_view pattern = "^[0-9]+(\\.[0-9]+)?(h|m|s|ms|us|ns)$";
    static constexpr Notation notation = Notation::text;
};

template <>
struct TextFormat<Bytes> {
    static std::optional<Bytes> parse(std::string_view text) { return parse_bytes(text); }
    static std::string print(Bytes value) { return to_string(value); }
    static std::string noun() { return "a size"; }
    static std::string example() { return "512B, 64KiB or 1MiB"; }
    static constexpr std::string_view pattern = "^[0-9]+((\\.[0-9]+)?([KMGT]i)?B)?$";
    static constexpr Notation notation = Notation::text_or_integer;
};

template <>
struct TextFormat<Ratio> {
    static std::optional<Ratio> parse(std::string_view text) { return parse_ratio(text); }
    static std::string print(Ratio value) { return to_string(value); }
    static std::string noun() { return "a ratio"; }
    static std::string example() { return "20%"; }
    static constexpr std::string_view pattern = "^[0-9]+(\\.[0-9]+)?%?$";
    static constexpr Notation notation = Notation::text_or_number;
};

// A number without a unit, as a factor is.
template <>
struct TextFormat<double> {
    static std::optional<double> parse(std::string_view text) { return detail::parse_double(text); }
    static std::string print(double value) { return detail::print_double(value); }
    static std::string noun() { return "a number"; }
    static std::string example() { return "2 or 1.5"; }
    static constexpr std::string_view pattern = "^[0-9]+(\\.[0-9]+)?$";
    static constexpr Notation notation = Notation::text_or_number;
};

template <>
struct TextFormat<Rate> {
    static std::optional<Rate> parse(std::string_view text) { return parse_rate(text); }
    static std::string print(Rate value) { return to_string(value); }
    static std::string noun() { return "a rate"; }
    static std::string example() { return "500/s, 30/m or 10/h"; }
    static constexpr std::string_view pattern = "^[0-9]+(\\.[0-9]+)?/[smh]$";
    static constexpr Notation notation = Notation::text;
};

}   // namespace outrigger
