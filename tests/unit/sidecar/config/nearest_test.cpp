// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/nearest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace outrigger::config {
namespace {

constexpr std::array<std::string_view, 6> keys{"timeout", "target", "retry", "routes", "limit", "listen"};

TEST(Nearest, finds_the_key_behind_a_slip) {
    EXPECT_EQ(nearest("timout", keys), "timeout");    // a letter missing
    EXPECT_EQ(nearest("tiemout", keys), "timeout");   // two swapped, one missing
    EXPECT_EQ(nearest("tagret", keys), "target");
    EXPECT_EQ(nearest("retries", keys), "retry");
    EXPECT_EQ(nearest("limits", keys), "limit");
    EXPECT_EQ(nearest("route", keys), "routes");
}

TEST(Nearest, finds_nothing_where_nothing_is_near) {
    EXPECT_EQ(nearest("color", keys), "");
    EXPECT_EQ(nearest("", keys), "");
    EXPECT_EQ(nearest("x", {}), "");
    EXPECT_EQ(nearest(std::string(1000, 't'), keys), "");
}

TEST(Nearest, a_swap_is_one_edit) {
    constexpr std::array<std::string_view, 2> near{"abdc", "abxx"};
    EXPECT_EQ(nearest("abcd", near), "abdc");
}

TEST(Nearest, of_equally_near_keys_the_first_is_taken) {
    constexpr std::array<std::string_view, 2> both{"cat", "car"};
    EXPECT_EQ(nearest("cab", both), "cat");
}

}   // namespace
}   // namespace outrigger::config
