// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/retry_after.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace outrigger::resilience {
namespace {

using Seconds = std::chrono::sys_seconds;

constexpr std::int64_t most_seconds = std::chrono::floor<std::chrono::seconds>(Duration::max()).count();

constexpr std::array<std::string_view, 7> days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t short_name = 3;   // letters; of all names but those of RFC 850's days

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// What is left of a text that is taken apart from its front. After a part that does not fit, nothing fits any more.
class Rest {
public:
    explicit Rest(std::string_view text) noexcept : text_{text} {}

    void skip(std::string_view expected) noexcept {
        if (text_.starts_with(expected))
            text_.remove_prefix(expected.size());
        else
            fits_ = false;
    }
    // Exactly so many digits.
    unsigned number(std::size_t digits) noexcept {
        unsigned value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (text_.empty() || !is_digit(text_.front())) {
                fits_ = false;
                return 0;
            }
            value = value * 10 + static_cast<unsigned>(text_.front() - '0');
            text_.remove_prefix(1);
        }
        return value;
    }
    // Of two characters, the first of which may be a blank.
    unsigned number_after_blank() noexcept {
        if (!text_.starts_with(' ')) return number(2);
        text_.remove_prefix(1);
        return number(1);
    }
    // Which of the names, or of their first `letters`, stands here.
    template <std::size_t Size>
    unsigned name(const std::array<std::string_view, Size>& names, std::size_t letters) noexcept {
        for (unsigned i = 0; i < Size; ++i) {
            const std::string_view name = names[i].substr(0, letters);
            if (!text_.starts_with(name)) continue;
            text_.remove_prefix(name.size());
            return i;
        }
        fits_ = false;
        return 0;
    }
    [[nodiscard]] bool all_fitted() const noexcept { return fits_ && text_.empty(); }

private:
    std::string_view text_;
    bool fits_ = true;
};

struct Date {
    unsigned day_of_week = 0;
    int year = 0;
    unsigned month = 0;   // from 0
    unsigned day = 0;
    std::int64_t second = 0;   // of the day
};

// 08:49:37, and 23:59:60 for a leap second; -1 for a time that no clock shows.
std::int64_t time_of_day(Rest& rest) noexcept {
    const unsigned hour = rest.number(2);
    rest.skip(":");
    const unsigned minute = rest.number(2);
    rest.skip(":");
    const unsigned second = rest.number(2);
    const bool leap = hour == 23 && minute == 59 && second == 60;
    if (hour > 23 || minute > 59 || (second > 59 && !leap)) return -1;
    return (std::int64_t{hour} * 60 + minute) * 60 + second;
}

// Nothing for a date that the calendar has not, or not on that day of the week.
std::optional<Seconds> instant_of(const Date& date) noexcept {
    using namespace std::chrono;
    const year_month_day ymd{year{date.year}, month{date.month + 1}, day{date.day}};
    if (!ymd.ok() || date.second < 0) return std::nullopt;
    const sys_days midnight{ymd};
    if (weekday{midnight}.c_encoding() != date.day_of_week) return std::nullopt;
    return Seconds{midnight} + seconds{date.second};
}

// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<Seconds> imf_fixdate(std::string_view text) noexcept {
    Rest rest{text};
    Date date;
    date.day_of_week = rest.name(days, short_name);
    rest.skip(", ");
    date.day = rest.number(2);
    rest.skip(" ");
    date.month = rest.name(months, short_name);
    rest.skip(" ");
    date.year = static_cast<int>(rest.number(4));
    rest.skip(" ");
    date.second = time_of_day(rest);
    rest.skip(" GMT");
    return rest.all_fitted() ? instant_of(date) : std::nullopt;
}

// The latest year with these two digits in which the date is not more than 50 years ahead (the rule of RFC 9110).
int full_year(int two_digits, const Date& date, WallTime now) noexcept {
    using namespace std::chrono;
    const auto midnight = floor<std::chrono::days>(now);
    const year_month_day latest = year_month_day{midnight} + years{50};
    const std::int64_t latest_second = floor<seconds>(now - midnight).count();
    int full = int{latest.year()} - int{latest.year()} % 100 + two_digits;
    const year_month_day ymd{year{full}, month{date.month + 1}, day{date.day}};
    if (ymd > latest || (ymd == latest && date.second > latest_second)) full -= 100;
    return full;
}

// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<Seconds> rfc850_date(std::string_view text, WallTime now) noexcept {
    Rest rest{text};
    Date date;
    date.day_of_week = rest.name(days, std::string_view::npos);
    rest.skip(", ");
    date.day = rest.number(2);
    rest.skip("-");
    date.month = rest.name(months, short_name);
    rest.skip("-");
    const auto two_digits = static_cast<int>(rest.number(2));
    rest.skip(" ");
    date.second = time_of_day(rest);
    rest.skip(" GMT");
    if (!rest.all_fitted()) return std::nullopt;
    date.year = full_year(two_digits, date, now);
    return instant_of(date);
}

// Sun Nov  6 08:49:37 1994
std::optional<Seconds> asctime_date(std::string_view text) noexcept {
    Rest rest{text};
    Date date;
    date.day_of_week = rest.name(days, short_name);
    rest.skip(" ");
    date.month = rest.name(months, short_name);
    rest.skip(" ");
    date.day = rest.number_after_blank();
    rest.skip(" ");
    date.second = time_of_day(rest);
    rest.skip(" ");
    date.year = static_cast<int>(rest.number(4));
    return rest.all_fitted() ? instant_of(date) : std::nullopt;
}

// 1*DIGIT; from_chars says where a number ends that is too large.
std::optional<Duration> delta_seconds(std::string_view text) noexcept {
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count > most_seconds) return Duration::max();
    return std::chrono::seconds{count};
}

// Dates reach further than WallTime's nanoseconds, so the difference is taken in seconds.
Duration from_until(WallTime now, Seconds date) noexcept {
    const Seconds second = std::chrono::floor<std::chrono::seconds>(now);
    if (date <= second) return Duration::zero();
    if ((date - second).count() > most_seconds) return Duration::max();
    return Duration{date - second} - (now - second);
}

}   // namespace

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) noexcept {
    if (const auto seconds = delta_seconds(value)) return seconds;
    auto date = imf_fixdate(value);
    if (!date) date = rfc850_date(value, now);
    if (!date) date = asctime_date(value);
    if (!date) return std::nullopt;
    return from_until(now, *date);
}

}   // namespace outrigger::resilience
