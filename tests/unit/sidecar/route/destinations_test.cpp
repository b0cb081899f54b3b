// SPDX-License-Identifier: Apache-2.0
#include "sidecar/route/destinations.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace outrigger::route {
namespace {

constexpr std::size_t nobody = 99;

std::size_t whose(const Destinations& known, std::string_view authority, std::string_view path) {
    return known.match(Authority::parse(authority, 80), path).value_or(nobody);
}
std::size_t whose_tunnel(const Destinations& known, std::string_view authority) {
    return known.match(Authority::parse(authority, 0)).value_or(nobody);
}

TEST(Authority, a_host_and_the_port_or_the_usual_one) {
    const auto port = [](std::string_view text) { return Authority::parse(text, 80).port; };
    EXPECT_EQ(Authority::parse("users:8080", 80).host, "users");
    EXPECT_EQ(Authority::parse("[::1]:8080", 80).host, "[::1]");
    EXPECT_EQ(Authority::parse("[::1]", 80).host, "[::1]");
    EXPECT_EQ(port("users:8080"), 8080);
    EXPECT_EQ(port("[::1]:8080"), 8080);
    for (const char* usual : {"users", "users:", "[::1]", "[::1]:", "users:80", "users:0080"})
        EXPECT_EQ(port(usual), 80) << usual;
    EXPECT_EQ(port("users:0"), 0);
    EXPECT_EQ(port("users:65535"), 65535);
}

TEST(Authority, the_same_one_has_the_same_text) {
    const auto text = [](std::string_view written) { return Authority::parse(written, 80).text(); };
    EXPECT_EQ(text("Users.Example"), "users.example:80");
    EXPECT_EQ(text("users.example:80"), "users.example:80");
    EXPECT_EQ(text("[0:0:0:0:0:0:0:1]:81"), "[::1]:81");
    EXPECT_EQ(text("[2001:DB8::A]:81"), "[2001:db8::a]:81");
    EXPECT_EQ(text("[::ffff:127.0.0.1]"), "[::ffff:127.0.0.1]:80");
    for (const std::string odd : {"[:::]", "[1:2:3:4:5:6:7:8:9]"})
        EXPECT_EQ(text(odd), odd + ":80") << "left as it is";
    const std::string long_one = '[' + std::string(100, ':') + ']';
    EXPECT_EQ(text(long_one), long_one + ":80");
}

TEST(Destinations, are_known_by_host_and_port_without_regard_to_case) {
    const Destinations known{{{"Users", 8080, ""}, {"users", 80, ""}, {"[::1]", 80, ""}}};
    EXPECT_EQ(whose(known, "USERS:8080", "/x"), 0u);
    EXPECT_EQ(whose(known, "users", "/x"), 1u);
    EXPECT_EQ(whose(known, "users:80", "*"), 1u);
    EXPECT_EQ(whose(known, "[0::1]:80", "/"), 2u);
    for (const char* other : {"users:81", "user:80", "userss", "users.:80", "::1", "127.0.0.1"})
        EXPECT_EQ(whose(known, other, "/x"), nobody) << other;
    EXPECT_EQ(whose(Destinations{{}}, "users", "/"), nobody);
}

TEST(Destinations, of_one_authority_the_longest_prefix_decides) {
    const Destinations known{{{"users", 80, "/v2"}, {"users", 80, ""}, {"users", 80, "/v2/admin"}}};
    for (const auto& [path, place] : {std::pair{"/v2", 0u},
                                      {"/v2?q", 0u},
                                      {"/v2/", 0u},
                                      {"/v2/a", 0u},
                                      {"/v2/adminer", 0u},
                                      {"/v2/admin", 2u},
                                      {"/v2/admin/x", 2u},
                                      {"/v2/admin?x", 2u},
                                      {"/v1", 1u},
                                      {"/v22", 1u},
                                      {"/", 1u},
                                      {"*", 1u}})
        EXPECT_EQ(whose(known, "users", path), place) << path;
    EXPECT_EQ(whose(Destinations{{{"users", 80, "/v2"}}}, "users", "/v1"), nobody);
}

TEST(Destinations, a_tunnel_is_the_shortest_prefix_s) {
    const Destinations known{{{"users", 80, "/v2/admin"}, {"users", 80, "/v2"}, {"users", 443, "", true}}};
    EXPECT_EQ(whose_tunnel(known, "Users:80"), 1u);
    EXPECT_EQ(whose_tunnel(known, "users:443"), 2u);
    EXPECT_EQ(whose_tunnel(known, "users:8443"), nobody);
}

TEST(Destinations, what_wants_tls_is_reached_by_tunnels_alone) {
    const Destinations known{{{"users", 443, "", true}}};
    EXPECT_EQ(whose(known, "users:443", "/"), nobody);
    EXPECT_EQ(whose_tunnel(known, "users:443"), 0u);
}

}   // namespace
}   // namespace outrigger::route
