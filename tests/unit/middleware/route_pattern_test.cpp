// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/route_pattern.hpp>

#include <gtest/gtest.h>

namespace outrigger::middleware {
namespace {

TEST(RoutePattern, plain_paths_stay_as_they_are) {
    for (const char* const plain : {"/", "/orders", "/robots.txt", "/a-b/_c/1", "/orders/{id}", "/orders/{id}/items", ""})
        EXPECT_EQ(route_of_pattern(plain), plain);
}

TEST(RoutePattern, parameters_keep_their_names) {
    EXPECT_EQ(route_of_pattern("/orders/:id"), "/orders/{id}");
    EXPECT_EQ(route_of_pattern("/users/:user_id/orders/:order-id/items"), "/users/{user_id}/orders/{order-id}/items");
    EXPECT_EQ(route_of_pattern("/orders/<id>/items"), "/orders/{id}/items");
    EXPECT_EQ(route_of_pattern("/time/12:30"), "/time/12:30");
    EXPECT_EQ(route_of_pattern("/a/:"), "/a/:");
}

TEST(RoutePattern, what_a_regular_expression_takes_is_a_parameter) {
    EXPECT_EQ(route_of_pattern(R"(/orders/(\d+))"), "/orders/{id}");
    EXPECT_EQ(route_of_pattern(R"(/orders/\d+/items)"), "/orders/{id}/items");
    EXPECT_EQ(route_of_pattern(R"(/orders/([0-9]+))"), "/orders/{id}");
    EXPECT_EQ(route_of_pattern(R"(/orders/([^/]+)/items/(\w+))"), "/orders/{value}/items/{value}");
    EXPECT_EQ(route_of_pattern(R"(/files/(.+)\.json)"), "/files/{path}.json");
    EXPECT_EQ(route_of_pattern(R"(^/static/.*$)"), "/static/{path}");
    EXPECT_EQ(route_of_pattern(R"(/(?:orders|sales)/(?:\d+))"), "/{value}/{id}");
    EXPECT_EQ(route_of_pattern(R"(/codes/[A-Z]{3}-[0-9]{2,})"), "/codes/{value}-{id}");
    EXPECT_EQ(route_of_pattern(R"(/nested/((\d+)-(a|b(c))))"), "/nested/{value}");
    EXPECT_EQ(route_of_pattern(R"(/brackets/([(]x[)\]]))"), "/brackets/{value}");
}

TEST(RoutePattern, broken_ones_end) {
    for (const char* const broken : {"/a/(", "/a/[", "/a/\\", "/a/{", "/a/<", "(", "[^", "[]", "/a/(()", "/a/[\\", "*"})
        EXPECT_LE(route_of_pattern(broken).size(), 12u) << broken;
}

}   // namespace
}   // namespace outrigger::middleware
