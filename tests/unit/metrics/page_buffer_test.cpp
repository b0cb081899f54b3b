// SPDX-License-Identifier: Apache-2.0
#include "metrics/page_buffer.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <string>

#include <outrigger/core/rng.hpp>

namespace outrigger::metrics {
namespace {

std::string written(double value) {
    PageBuffer buffer;
    buffer.number(value);
    return std::move(buffer).take();
}

TEST(PageBuffer, parts_of_every_size_stand_in_their_order) {
    PageBuffer buffer;
    std::string expected;
    for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 32'000, 700, 68, 1, 32'768, 40'000,
                                                                     32'767, 1, 1, 100'000}) {
        const std::string part(size, static_cast<char>('a' + static_cast<int>(size % 26)));
        buffer.add(part);
        buffer.add('.');
        expected += part + '.';
        buffer.number(std::uint64_t{size});
        expected += std::to_string(size);
    }
    EXPECT_EQ(std::move(buffer).take(), expected);
}

TEST(PageBuffer, whole_numbers_have_no_exponent_as_far_as_they_are_exact) {
    EXPECT_EQ(written(100'000), "100000");
    EXPECT_EQ(written(9'007'199'254'740'991.0), "9007199254740991");
    EXPECT_EQ(written(-3), "-3");
    EXPECT_EQ(written(0.0), "0");
    EXPECT_EQ(written(-0.0), "-0");
    EXPECT_EQ(written(1e21), "1e+21");
}

TEST(PageBuffer, every_number_reads_back_as_itself) {
    Rng rng{7};
    for (int i = 0; i < 100'000; ++i) {
        const auto value = std::bit_cast<double>(rng());
        if (value != value) continue;
        const std::string text = written(value);
        ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
        ASSERT_LT(text.size(), number_max);
    }
}

TEST(PageBuffer, a_canonical_number_has_a_point_or_an_exponent) {
    EXPECT_EQ(canonical_number(0), "0.0");
    EXPECT_EQ(canonical_number(1), "1.0");
    EXPECT_EQ(canonical_number(-2.5), "-2.5");
    EXPECT_EQ(canonical_number(0.0001), "0.0001");
    EXPECT_EQ(canonical_number(0.00001), "1e-05");
    EXPECT_EQ(canonical_number(262144), "262144.0");
    EXPECT_EQ(canonical_number(999999), "999999.0");
    EXPECT_EQ(canonical_number(1048576), "1.048576e+06");
    EXPECT_EQ(canonical_number(1e100), "1e+100");
    EXPECT_EQ(canonical_number(std::numeric_limits<double>::infinity()), "+Inf");
}

}  // namespace
}  // namespace outrigger::metrics
