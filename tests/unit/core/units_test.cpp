// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/units.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <type_traits>

namespace outrigger {
namespace {

TEST(Bytes, the_binary_literals_are_powers_of_1024) {
    EXPECT_EQ((3_B).count(), 3U);
    EXPECT_EQ((1_KiB).count(), 1024U);
    EXPECT_EQ((1_MiB).count(), 1024U * 1024U);
    EXPECT_EQ((2_GiB).count(), 2ULL * 1024U * 1024U * 1024U);
    EXPECT_LT(1023_B, 1_KiB);
}

TEST(Bytes, a_bare_number_is_no_size) {
    EXPECT_FALSE((std::is_convertible_v<int, Bytes>));
    EXPECT_FALSE((std::is_convertible_v<Bytes, std::uint64_t>));
}

TEST(Ratio, everything_from_nothing_to_the_whole_is_a_ratio) {
    EXPECT_EQ(Ratio::from_fraction(0.0).value().fraction(), 0.0);
    EXPECT_EQ(Ratio::from_fraction(1.0).value().fraction(), 1.0);
    EXPECT_EQ(20_percent, Ratio::from_fraction(0.2).value());
}

TEST(Ratio, a_fraction_is_written_as_it_is_and_a_whole_number_is_none) {
    constexpr Ratio half = 0.5;
    EXPECT_EQ(half, 50_percent);
    static_assert(!std::convertible_to<int, Ratio>);
}

TEST(Ratio, less_than_nothing_more_than_the_whole_and_nan_are_refused) {
    EXPECT_FALSE(Ratio::from_fraction(-0.001));
    EXPECT_FALSE(Ratio::from_fraction(1.001));
    EXPECT_FALSE(Ratio::from_fraction(std::numeric_limits<double>::quiet_NaN()));
    EXPECT_FALSE(Ratio::from_fraction(std::numeric_limits<double>::infinity()));
}

TEST(Rate, a_rate_is_finite_and_not_negative) {
    EXPECT_EQ(Rate::per_second(0.5).value().per_second(), 0.5);
    EXPECT_EQ(3_per_second, Rate::per_second(3.0).value());
    EXPECT_FALSE(Rate::per_second(-1.0));
    EXPECT_FALSE(Rate::per_second(std::numeric_limits<double>::infinity()));
    EXPECT_FALSE(Rate::per_second(std::numeric_limits<double>::quiet_NaN()));
}

}   // namespace
}   // namespace outrigger
