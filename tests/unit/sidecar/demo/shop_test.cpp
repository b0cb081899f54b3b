// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/shop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <string>

#include "sidecar/demo/client.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

constexpr ShopSettings calm{.slow = 0_percent, .stuck = 0_percent, .failing = 0_percent};

std::string url(const Shop& shop, const std::string& target) {
    return "http://127.0.0.1:" + std::to_string(shop.gateway_port()) + target;
}

Response get(const Shop& shop, const std::string& target) {
    Client client;
    return client.send({.url = url(shop, target), .request_id = "mine"}, 10s);
}

TEST(Shop, the_gateway_answers_with_what_the_services_behind_it_say) {
    const Shop shop{calm};
    EXPECT_EQ(get(shop, "/users/7").body, "{\"id\":7,\"name\":\"Hana\"}\n");
    EXPECT_EQ(get(shop, "/orders/3/items").body,
              "{\"order\":3,\"items\":[{\"name\":\"rope, 20 m\",\"cents\":2450}]}\n");
    EXPECT_EQ(get(shop, "/search?q=mast").body, "{\"found\":[{\"name\":\"mast\",\"cents\":21900}]}\n");
    EXPECT_EQ(get(shop, "/search?q=anchor").body, "{\"found\":[]}\n");
    EXPECT_EQ(get(shop, "/flaky").status, 200);
    EXPECT_EQ(get(shop, "/health").body, "{\"status\":\"ok\"}\n");
}

TEST(Shop, the_three_services_are_three_servers) {
    const Shop shop{calm};
    EXPECT_NE(shop.gateway_port(), shop.users_port());
    EXPECT_NE(shop.users_port(), shop.orders_port());
    Client client;
    EXPECT_EQ(client.send({.url = "http://127.0.0.1:" + std::to_string(shop.users_port()) + "/users/7"}, 10s)
                  .status,
              200);
}

TEST(Shop, an_order_is_echoed_with_a_new_id) {
    const Shop shop{calm};
    Client client;
    const Request order{.method = "POST", .url = url(shop, "/orders"), .body = "{\"user\":7}"};
    const Response first = client.send(order, 10s);
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(first.body, "{\"id\":1001,\"order\":{\"user\":7}}\n");
    EXPECT_EQ(client.send(order, 10s).body, "{\"id\":1002,\"order\":{\"user\":7}}\n");
}

TEST(Shop, what_is_no_order_is_refused) {
    const Shop shop{calm};
    Client client;
    EXPECT_EQ(client.send({.method = "POST", .url = url(shop, "/orders"), .body = "sail"}, 10s).status, 400);
}

TEST(Shop, who_and_what_it_does_not_know_is_not_found) {
    const Shop shop{calm};
    for (const char* target :
         {"/users/0", "/users/501", "/users/99999999999999999999", "/users/x", "/no/such/page"})
        EXPECT_EQ(get(shop, target).status, 404) << target;
}

TEST(Shop, the_callers_request_id_comes_back_whatever_the_answer) {
    const Shop shop{calm};
    for (const char* target : {"/users/7", "/users/0", "/health", "/no/such/page"})
        EXPECT_EQ(get(shop, target).request_id, "mine") << target;
}

TEST(Shop, a_share_of_the_flaky_calls_fails_with_500_or_503) {
    const Shop shop{{.seed = 3, .failing = 100_percent}};
    std::map<int, int> answers;
    for (int i = 0; i < 40; ++i) ++answers[get(shop, "/flaky").status];
    EXPECT_EQ(answers.size(), 2U);
    EXPECT_GT(answers[500], 5);
    EXPECT_GT(answers[503], 5);
}

TEST(Shop, a_slow_search_takes_50_ms_or_more) {
    const Shop shop{{.slow = 100_percent, .stuck = 0_percent}};
    EXPECT_GE(get(shop, "/search?q=sail").took, 50ms);
}

// What a stuck search is answered by a shop that closes so much later; 0 if it came too late to be accepted.
int answered_while_closing(Duration later) {
    const SystemClock clock;
    Shop shop{{.stuck = 100_percent, .stuck_for = 1h}};
    auto stuck = std::async(std::launch::async, [&] { return get(shop, "/search?q=sail"); });
    EXPECT_EQ(stuck.wait_for(later), std::future_status::timeout);
    const Instant began = clock.now();
    shop.stop();
    EXPECT_LT(clock.now() - began, 5s);  // milliseconds; a machine may be busy
    return stuck.get().status;
}

TEST(Shop, it_closes_at_once_though_a_search_is_stuck_and_answers_it) {
    int status = answered_while_closing(50ms);
    if (status == 0) status = answered_while_closing(2s);
    EXPECT_EQ(status, 503);
}

TEST(Shop, its_route_templates_begin_with_a_slash_and_cover_what_it_serves) {
    const auto routes = Shop::routes();
    EXPECT_EQ(routes.size(), 6U);
    for (const std::string& route : routes) EXPECT_TRUE(route.starts_with('/')) << route;
}

}  // namespace
}  // namespace outrigger::demo
