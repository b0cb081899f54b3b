// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>

#include <outrigger/core/clock.hpp>

// Quantities with their unit in the type. How they are written as text is in units_text.hpp.
namespace outrigger {

// A number of bytes.
class Bytes {
public:
    constexpr Bytes() noexcept = default;
    explicit constexpr Bytes(std::uint64_t count) noexcept : count_{count} {}
    [[nodiscard]] constexpr std::uint64_t count() const noexcept { return count_; }
    friend constexpr auto operator<=>(Bytes, Bytes) noexcept = default;

private:
    std::uint64_t count_ = 0;
};

// A share of a whole, as a fraction: 0 to 1. Whoever takes settings refuses what is outside (validate.hpp), so that a
// program may write `.failure_rate = 0.5` and is told, in a sentence, what is wrong with 1.5 or NaN.
class Ratio {
public:
    constexpr Ratio() noexcept = default;
    constexpr Ratio(std::same_as<double> auto fraction) noexcept : fraction_{fraction} {}   // NOLINT: see above
    // Nothing for a value outside [0, 1] and for NaN.
    [[nodiscard]] static constexpr std::optional<Ratio> from_fraction(double fraction) noexcept {
        if (fraction >= 0.0 && fraction <= 1.0) return Ratio{fraction};
        return std::nullopt;
    }
    [[nodiscard]] constexpr double fraction() const noexcept { return fraction_; }
    friend constexpr auto operator<=>(Ratio, Ratio) noexcept = default;

private:
    double fraction_ = 0.0;
};

// Events per time, kept as events per second: finite and not negative.
class Rate {
public:
    constexpr Rate() noexcept = default;
    // Nothing for a negative or infinite value and for NaN.
    [[nodiscard]] static constexpr std::optional<Rate> per_second(double events) noexcept {
        if (events >= 0.0 && events <= 1e15) return Rate{events};
        return std::nullopt;
    }
    [[nodiscard]] constexpr double per_second() const noexcept { return events_; }
    friend constexpr auto operator<=>(Rate, Rate) noexcept = default;

private:
    explicit constexpr Rate(double events) noexcept : events_{events} {}
    double events_ = 0.0;
};

inline namespace literals {
consteval Bytes operator""_B(unsigned long long count) { return Bytes{count}; }
consteval Bytes operator""_KiB(unsigned long long count) { return Bytes{count << 10}; }
consteval Bytes operator""_MiB(unsigned long long count) { return Bytes{count << 20}; }
consteval Bytes operator""_GiB(unsigned long long count) { return Bytes{count << 30}; }
// 20_percent; more than 100 does not compile.
consteval Ratio operator""_percent(unsigned long long percent) {
    return Ratio::from_fraction(static_cast<double>(percent) / 100.0).value();
}
consteval Rate operator""_per_second(unsigned long long events) {
    return Rate::per_second(static_cast<double>(events)).value();
}
}  // namespace literals

}  // namespace outrigger
