// SPDX-License-Identifier: Apache-2.0
#include "middleware/declared_routes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace outrigger::middleware {
namespace {

TEST(DeclaredRoutes, a_pattern_is_one_route_however_often_it_is_named) {
    DeclaredRoutes routes;
    const auto orders = routes.of("/orders/:id");
    EXPECT_EQ(orders.template_, "/orders/{id}");
    const auto users = routes.of(R"(/users/(\d+))");
    EXPECT_EQ(users.template_, "/users/{id}");
    EXPECT_NE(users.id, orders.id);
    EXPECT_NE(orders.id, 0u);
    const auto again = routes.of(std::string{"/orders/:id"});
    EXPECT_EQ(again.id, orders.id);
    EXPECT_EQ(again.template_.data(), orders.template_.data());
}

TEST(DeclaredRoutes, past_their_number_there_is_only_other) {
    DeclaredRoutes routes;
    for (std::uint32_t i = 0; i < DeclaredRoutes::most; ++i)
        ASSERT_EQ(routes.of("/" + std::to_string(i)).id, i + 1);
    EXPECT_EQ(routes.of("/one-more").template_, "other");
    EXPECT_EQ(routes.of("/one-more").id, 0u);
    EXPECT_EQ(routes.of("/7").template_, "/7");
}

TEST(DeclaredRoutes, threads_that_name_the_same_get_the_same) {
    DeclaredRoutes routes;
    std::vector<std::vector<std::uint32_t>> ids(4);
    std::vector<std::thread> threads;
    for (auto& mine : ids)
        threads.emplace_back([&routes, &mine] {
            for (int i = 0; i < 50; ++i) mine.push_back(routes.of("/" + std::to_string(i)).id);
        });
    for (auto& thread : threads) thread.join();
    for (const auto& mine : ids) EXPECT_EQ(mine, ids[0]);
}

}   // namespace
}   // namespace outrigger::middleware
