// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/learned_routes.hpp>

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace outrigger::metrics {
namespace {

TEST(LearnedRoutes, what_was_learned_is_found_again_under_the_same_id) {
    LearnedRoutes routes{7};
    EXPECT_EQ(routes.find("/users/1").template_, "other");
    const HttpRoute learned = routes.learn("/users/1");
    EXPECT_EQ(learned.template_, "/users/{id}");
    EXPECT_EQ(learned.id, 7U);
    EXPECT_EQ(routes.find("/users/2?x").id, 7U);
    EXPECT_EQ(routes.learn("/users/3").template_.data(), learned.template_.data());
    EXPECT_EQ(routes.learn("/orders").id, 8U);
    EXPECT_EQ(routes.size(), 2U);
}

TEST(LearnedRoutes, what_is_one_too_many_is_other) {
    LearnedRoutes routes{1, 2};
    EXPECT_EQ(routes.learn("/a").template_, "/a");
    EXPECT_EQ(routes.learn("/b").template_, "/b");
    EXPECT_EQ(routes.learn("/c").template_, "other");
    EXPECT_EQ(routes.learn("/c").id, 0U);
    EXPECT_EQ(routes.learn("/a").template_, "/a");
    EXPECT_EQ(routes.size(), 2U);
}

TEST(LearnedRoutes, none_may_be_allowed) {
    LearnedRoutes routes{1, 0};
    EXPECT_EQ(routes.learn("/a").template_, "other");
}

TEST(LearnedRoutes, what_has_no_template_is_other) {
    LearnedRoutes routes;
    EXPECT_EQ(routes.learn("*").template_, "other");
    EXPECT_EQ(routes.learn("/" + std::string(63, 'a') + "/" + std::string(63, 'b') + "/" + std::string(63, 'c') + "/" +
                           std::string(63, 'd'))
                  .template_,
              "other");
    EXPECT_EQ(routes.size(), 0U);
}

TEST(LearnedRoutes, an_invented_path_teaches_nothing) {
    LearnedRoutes routes;
    for (const int status : {0, 400, 401, 403, 404, 405, 429, 499, 501})
        EXPECT_EQ(routes.answered("/wp-login.php", status).template_, "other") << status;
    EXPECT_EQ(routes.size(), 0U);
    for (const int status : {200, 302, 101, 500, 503})
        EXPECT_NE(routes.answered("/r" + std::to_string(status), status).template_, "other") << status;
    EXPECT_EQ(routes.answered("/r200", 404).template_, "/r200");   // once it is known
}

TEST(LearnedRoutes, too_many_are_refused) { EXPECT_THROW((LearnedRoutes{1, 10'001}), std::invalid_argument); }

TEST(LearnedRoutes, threads_that_learn_at_once_agree) {
    LearnedRoutes routes{1, 50};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round)
                for (int i = 0; i < 80; ++i) {
                    const std::string path = "/p" + std::to_string(i);
                    const HttpRoute route = routes.learn(path);
                    if (route.id != 0) {
                        EXPECT_EQ(route.template_, path);
                    }
                }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(routes.size(), 50U);
    std::set<std::uint32_t> ids;
    for (int i = 0; i < 80; ++i)
        if (const HttpRoute route = routes.find("/p" + std::to_string(i)); route.id != 0) ids.insert(route.id);
    EXPECT_EQ(ids.size(), 50U);
    EXPECT_EQ(*ids.begin(), 1U);
    EXPECT_EQ(*ids.rbegin(), 50U);
}

}  // namespace
}  // namespace outrigger::metrics
