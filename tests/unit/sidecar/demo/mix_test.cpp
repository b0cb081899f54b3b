// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/mix.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace outrigger::demo {
namespace {

constexpr int draws = 20'000;

TEST(Mix, every_entry_comes_as_often_as_it_should) {
    Rng rng{5};
    std::array<int, mix.size()> drawn{};
    for (int i = 0; i < draws; ++i) ++drawn[next_request(rng, "http://h:1", 1).entry];
    for (std::size_t entry = 0; entry < mix.size(); ++entry)
        EXPECT_NEAR(drawn[entry], static_cast<int>(mix[entry].percent) * draws / 100, draws / 100)
            << mix[entry].name;
}

TEST(Mix, no_blank_is_left_in_a_url) {
    Rng rng{5};
    for (int i = 0; i < 1'000; ++i) {
        const std::string url = next_request(rng, "http://h:1", 1).request.url;
        EXPECT_TRUE(url.starts_with("http://h:1/")) << url;
        EXPECT_EQ(url.find_first_of("{} "), std::string::npos) << url;
    }
}

TEST(Mix, only_orders_are_posted_and_they_carry_json) {
    Rng rng{5};
    for (int i = 0; i < 1'000; ++i) {
        const auto [entry, request] = next_request(rng, "http://h:1", 1);
        EXPECT_EQ(request.method, mix[entry].name == "POST /orders" ? "POST" : "GET");
        EXPECT_EQ(request.body.starts_with("{\"user\":"), request.method == "POST");
    }
}

TEST(Mix, some_requests_bring_an_id_of_their_own_and_most_do_not) {
    Rng rng{5};
    int with_id = 0;
    for (int i = 0; i < 3'000; ++i) {
        const std::string id = next_request(rng, "http://h:1", 17).request.request_id;
        EXPECT_TRUE(id.empty() || id == "demo-17") << id;
        with_id += id.empty() ? 0 : 1;
    }
    EXPECT_NEAR(with_id, 1'000, 100);
}

TEST(Mix, searches_ask_for_different_words) {
    Rng rng{5};
    std::set<std::string> searches;
    for (int i = 0; i < 1'000; ++i)
        if (auto [entry, request] = next_request(rng, "", 1); mix[entry].name == "GET /search")
            searches.insert(request.url);
    EXPECT_EQ(searches.size(), 5U);
    EXPECT_TRUE(searches.contains("/search?q=paddle"));
}

}  // namespace
}  // namespace outrigger::demo
