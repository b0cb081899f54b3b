// SPDX-License-Identifier: Apache-2.0
#include "middleware/forwarded_client.hpp"

#include <gtest/gtest.h>

#include <string>

namespace outrigger::middleware {
namespace {

TEST(ForwardedClient, is_counted_from_the_end_since_only_there_our_proxies_write) {
    constexpr std::string_view said = "1.2.3.4, 10.0.0.9 ,10.0.0.1";
    EXPECT_EQ(forwarded_client(said, 0), "");
    EXPECT_EQ(forwarded_client(said, 1), "10.0.0.1");
    EXPECT_EQ(forwarded_client(said, 2), "10.0.0.9");
    EXPECT_EQ(forwarded_client(said, 3), "1.2.3.4");
    EXPECT_EQ(forwarded_client(said, 4), "");
    EXPECT_EQ(forwarded_client("", 1), "");
}

TEST(ForwardedClient, has_no_port_and_no_brackets) {
    EXPECT_EQ(forwarded_client("10.0.0.9:51234", 1), "10.0.0.9");
    EXPECT_EQ(forwarded_client("2001:db8::1", 1), "2001:db8::1");
    EXPECT_EQ(forwarded_client("[2001:db8::1]", 1), "2001:db8::1");
    EXPECT_EQ(forwarded_client("10.0.0.1, [2001:db8::1]:443", 1), "2001:db8::1");
}

TEST(ForwardedClient, is_nothing_if_it_is_no_address) {
    for (const char* const other : {"unknown", "_hidden", "10.0.0", "[::1", "[", "]", ",", " ", "::1]", "[10.0.0.9]",
                                    "10.0.0.9.10", "2001:db8::g", "<script>"})
        EXPECT_EQ(forwarded_client(other, 1), std::string{other}.starts_with("[::1") ? "::1" : "") << other;
    EXPECT_EQ(forwarded_client(std::string(10'000, '1'), 1), "");
}

}   // namespace
}   // namespace outrigger::middleware
