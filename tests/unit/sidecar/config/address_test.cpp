// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/address.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace outrigger::config {
namespace {

TEST(Address, an_ip_address_and_a_port_say_where_to_listen) {
    EXPECT_EQ(Address::parse("0.0.0.0:8080"), (Address{"0.0.0.0", 8080}));
    EXPECT_EQ(Address::parse("[::1]:80"), (Address{"::1", 80}));
    EXPECT_EQ(Address::parse("127.0.0.1:0"), (Address{"127.0.0.1", 0}));
    EXPECT_EQ(Address::parse("127.0.0.1:65535"), (Address{"127.0.0.1", 65535}));
}

TEST(Address, without_a_host_it_is_every_address_of_the_machine) {
    EXPECT_EQ(Address::parse(":8080"), (Address{"", 8080}));
    EXPECT_EQ((Address{"", 8080}).to_text(), ":8080");
}

TEST(Address, localhost_is_the_loopback_address) {
    EXPECT_EQ(Address::parse("localhost:80"), (Address{"127.0.0.1", 80}));
}

TEST(Address, equal_ipv6_addresses_become_equal) {
    EXPECT_EQ(Address::parse("[0:0:0::0001]:80"), Address::parse("[::1]:80"));
}

TEST(Address, everything_else_is_refused) {
    for (const std::string_view text :
         {"", "8080", "0.0.0.0", "0.0.0.0:", "0.0.0.0:65536", "0.0.0.0:-1", "0.0.0.0:8080 ", "0.0.0.0:000080",
          "1.2.3:80", "1.2.3.4.5:80", "256.0.0.1:80", "::1:80", "[::1]", "[::1]80", "[]:80", "[::g]:80",
          "example:80", "http://0.0.0.0:80"})
        EXPECT_FALSE(Address::parse(text)) << '\'' << text << '\'';
}

TEST(Address, what_is_printed_reads_back) {
    for (const std::string_view text : {"0.0.0.0:8080", ":1", "[::1]:80", "[fe80::1]:65535"})
        EXPECT_EQ(Address::parse(text).value().to_text(), text);
}

TEST(Address, the_same_port_collides_on_the_same_address_and_on_any_wildcard) {
    EXPECT_TRUE(collide({"127.0.0.1", 80}, {"127.0.0.1", 80}));
    EXPECT_TRUE(collide({"0.0.0.0", 80}, {"127.0.0.1", 80}));
    EXPECT_TRUE(collide({"10.0.0.1", 80}, {"", 80}));
    EXPECT_TRUE(collide({"::", 80}, {"0.0.0.0", 80}));
    EXPECT_FALSE(collide({"127.0.0.1", 80}, {"127.0.0.2", 80}));
    EXPECT_FALSE(collide({"127.0.0.1", 80}, {"127.0.0.1", 81}));
}

TEST(Address, a_wildcard_is_reached_on_loopback) {
    EXPECT_EQ(from_here({"", 9901}).to_text(), "127.0.0.1:9901");
    EXPECT_EQ(from_here({"0.0.0.0", 9901}).to_text(), "127.0.0.1:9901");
    EXPECT_EQ(from_here({"::", 9901}).to_text(), "[::1]:9901");
    EXPECT_EQ(from_here({"10.0.0.7", 9901}).to_text(), "10.0.0.7:9901");
    EXPECT_EQ(from_here({"fe80::1", 9901}).to_text(), "[fe80::1]:9901");
}

TEST(Address, two_free_ports_never_collide) { EXPECT_FALSE(collide({"", 0}, {"", 0})); }

TEST(Destination, a_name_or_an_address_and_a_port_say_where_to_connect) {
    EXPECT_EQ(Destination::parse("search:9300"), (Destination{"search", 9300}));
    EXPECT_EQ(Destination::parse("a-b_c.example.:1"), (Destination{"a-b_c.example.", 1}));
    EXPECT_EQ(Destination::parse("10.0.0.7:9300"), (Destination{"10.0.0.7", 9300}));
    EXPECT_EQ(Destination::parse("[::1]:9300"), (Destination{"::1", 9300}));
    EXPECT_EQ((Destination{"::1", 9300}).to_text(), "[::1]:9300");
}

TEST(Destination, port_zero_no_host_and_a_mistyped_address_are_refused) {
    for (const std::string_view text :
         {"search:0", ":80", "search", "a..b:80", ".a:80", "1.2.3.456:80", "a b:80", "a/b:80", "8080"})
        EXPECT_FALSE(Destination::parse(text)) << '\'' << text << '\'';
    EXPECT_FALSE(Destination::parse(std::string(64, 'a') + ":80"));
    EXPECT_TRUE(Destination::parse(std::string(63, 'a') + ":80"));
}

TEST(HostName, is_a_name_and_no_address) {
    EXPECT_EQ(HostName::parse("users.shop.svc")->name, "users.shop.svc");
    for (const std::string_view text : {"", "10.0.0.1", "::1", "a b", "a:80", "a..b"})
        EXPECT_FALSE(HostName::parse(text)) << '\'' << text << '\'';
}

}   // namespace
}   // namespace outrigger::config
