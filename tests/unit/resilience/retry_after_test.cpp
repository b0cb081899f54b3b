// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/retry_after.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

// The instant of the examples in RFC 9110, less a minute.
constexpr WallTime before_the_example = sys_days{1994y / 11 / 6} + 8h + 48min + 37s;
constexpr WallTime today = sys_days{2026y / 11 / 20} + 12h;   // a Friday

std::optional<Duration> parse(std::string_view value, WallTime now = today) { return parse_retry_after(value, now); }

TEST(RetryAfter, reads_seconds) {
    EXPECT_EQ(parse("0"), 0s);
    EXPECT_EQ(parse("1"), 1s);
    EXPECT_EQ(parse("120"), 120s);
    EXPECT_EQ(parse("000000000000000000000000000007"), 7s);
}

TEST(RetryAfter, saturates_where_seconds_are_too_many) {
    EXPECT_EQ(parse("9223372036"), 9223372036s);
    EXPECT_EQ(parse("9223372037"), Duration::max());
    EXPECT_EQ(parse("18446744073709551616"), Duration::max());
    EXPECT_EQ(parse(std::string(10'000, '9')), Duration::max());
}

TEST(RetryAfter, reads_a_date_in_each_of_the_three_forms) {
    EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT", before_the_example), 60s);
    EXPECT_EQ(parse("Sunday, 06-Nov-94 08:49:37 GMT", before_the_example), 60s);
    EXPECT_EQ(parse("Sun Nov  6 08:49:37 1994", before_the_example), 60s);
    EXPECT_EQ(parse("Sun Nov 06 08:49:37 1994", before_the_example), 60s);
    EXPECT_EQ(parse("Wed Nov 16 08:48:37 1994", before_the_example), 240h);
}

TEST(RetryAfter, counts_from_the_exact_instant) {
    EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT", before_the_example + 250ms), 59750ms);
    EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT", before_the_example + 60s - 1ns), 1ns);
}

TEST(RetryAfter, takes_a_date_in_the_past_for_now) {
    EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT", before_the_example + 60s), 0s);
    EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT", before_the_example + 60s + 1ns), 0s);
    EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT"), 0s);
    EXPECT_EQ(parse("Sat, 01 Jan 0000 00:00:00 GMT"), 0s);
}

TEST(RetryAfter, saturates_where_a_date_is_too_far_away) {
    EXPECT_EQ(parse("Fri, 31 Dec 9999 23:59:59 GMT"), Duration::max());
    EXPECT_EQ(parse("Fri, 11 Apr 2262 23:47:16 GMT", WallTime{}), 9223372036s);
    EXPECT_EQ(parse("Fri, 11 Apr 2262 23:47:17 GMT", WallTime{}), Duration::max());
}

TEST(RetryAfter, puts_two_digits_into_the_latest_year_that_is_at_most_fifty_ahead) {
    EXPECT_EQ(parse("Friday, 20-Nov-26 12:00:05 GMT"), 5s);
    EXPECT_EQ(parse("Friday, 20-Nov-76 12:00:00 GMT"), sys_days{2076y / 11 / 20} + 12h - today);
    EXPECT_EQ(parse("Saturday, 20-Nov-76 12:00:01 GMT"), 0s) << "1976: 2076 would be 50 years and a second ahead";
    EXPECT_EQ(parse("Friday, 20-Nov-76 12:00:01 GMT"), std::nullopt) << "and in 1976 it was a Saturday";
    EXPECT_EQ(parse("Friday, 31-Dec-99 23:59:59 GMT"), 0s);
    // Near the end of a century: 2101 is not long ago but soon.
    const WallTime late = sys_days{2095y / 1 / 1};
    EXPECT_EQ(parse("Saturday, 01-Jan-01 00:00:00 GMT", late), sys_days{2101y / 1 / 1} - late);
    EXPECT_EQ(parse("Wednesday, 01-Jan-94 00:00:00 GMT", late), std::nullopt);
    EXPECT_EQ(parse("Friday, 01-Jan-94 00:00:00 GMT", late), 0s);
}

TEST(RetryAfter, knows_the_calendar) {
    EXPECT_TRUE(parse("Tue, 29 Feb 2028 00:00:00 GMT"));
    EXPECT_FALSE(parse("Thu, 29 Feb 2029 00:00:00 GMT"));
    EXPECT_FALSE(parse("Thu, 31 Apr 2027 00:00:00 GMT"));
    EXPECT_FALSE(parse("Wed, 00 Dec 2026 00:00:00 GMT"));
    EXPECT_FALSE(parse("Sat, 20 Nov 2026 12:00:05 GMT")) << "it is a Friday";
}

TEST(RetryAfter, knows_the_clock) {
    EXPECT_EQ(parse("Fri, 20 Nov 2026 23:59:60 GMT"), 12h) << "a leap second";
    EXPECT_FALSE(parse("Fri, 20 Nov 2026 12:00:60 GMT"));
    EXPECT_FALSE(parse("Fri, 20 Nov 2026 23:59:61 GMT"));
    EXPECT_FALSE(parse("Fri, 20 Nov 2026 24:00:00 GMT"));
    EXPECT_FALSE(parse("Fri, 20 Nov 2026 12:60:00 GMT"));
}

TEST(RetryAfter, refuses_what_only_looks_like_it) {
    for (const std::string_view value :
         {"", " ", "-1", "+1", "1.5", "1e3", "0x10", "1s", " 1", "1 ", "1,2", "1\n", "now", "Fri",
          "fri, 20 Nov 2026 12:00:05 GMT", "Fri, 20 nov 2026 12:00:05 GMT", "Fri, 20 Nov 2026 12:00:05 gmt",
          "Fri, 20 Nov 2026 12:00:05 UTC", "Fri, 20 Nov 2026 12:00:05 +0000", "Fri, 20 Nov 2026 12:00:05",
          "Fri, 20 Nov 2026 12:00:05 GMT ", "Fri,20 Nov 2026 12:00:05 GMT", "Fri 20 Nov 2026 12:00:05 GMT",
          "Fri,  20 Nov 2026 12:00:05 GMT", "Fri, 20 Nov 26 12:00:05 GMT", "Fri, 2 Nov 2026 12:00:05 GMT",
          "Fri, 20 Nov 2026 2:00:05 GMT", "Friday, 20 Nov 2026 12:00:05 GMT", "Friday, 20-Nov-2026 12:00:05 GMT",
          "Fri, 20-Nov-26 12:00:05 GMT", "Fri Nov 20 12:00:05 2026 GMT", "Fri Nov 20 12:00:05 26",
          "Fri Nov 9 12:00:05 2026", "2026-11-20T12:00:05Z"})
        EXPECT_EQ(parse(value), std::nullopt) << '\'' << value << '\'';
}

TEST(RetryAfter, refuses_a_date_that_is_cut_short_anywhere) {
    for (const std::string_view date :
         {"Fri, 20 Nov 2026 12:00:05 GMT", "Friday, 20-Nov-26 12:00:05 GMT", "Fri Nov 20 12:00:05 2026"}) {
        EXPECT_EQ(parse(date), 5s) << date;
        for (std::size_t length = 0; length < date.size(); ++length)
            EXPECT_EQ(parse(date.substr(0, length)), std::nullopt) << date.substr(0, length);
    }
}

TEST(RetryAfter, refuses_a_date_with_any_letter_changed) {
    for (const std::string_view date :
         {"Fri, 20 Nov 2026 12:00:05 GMT", "Friday, 20-Nov-26 12:00:05 GMT", "Fri Nov 20 12:00:05 2026"})
        for (std::size_t place = 0; place < date.size(); ++place) {
            std::string changed{date};
            changed[place] = '~';
            EXPECT_EQ(parse(changed), std::nullopt) << changed;
        }
}

}   // namespace
}   // namespace outrigger::resilience
