// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/shop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "sidecar/demo/client.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

const SystemClock real_clock;

constexpr ShopSettings calm{.slow = 0_percent, .stuck = 0_percent, .failing = 0_percent};

// Whose gateway calls the others with nothing in between.
class OpenShop : public Shop {
public:
    explicit OpenShop(const ShopSettings& settings) : Shop{settings, real_clock} {
        std::vector<std::string> addresses;
        for (std::size_t i = 0; i < callees.size(); ++i)
            addresses.push_back("127.0.0.1:" + std::to_string(port(static_cast<Callee>(i))));
        call_at(addresses);
    }
};

std::string url(const Shop& shop, const std::string& target) {
    return "http://127.0.0.1:" + std::to_string(shop.gateway_port()) + target;
}

Response get(const Shop& shop, const std::string& target) {
    Client client;
    return client.send({.url = url(shop, target), .request_id = "mine"}, 10s);
}

TEST(Shop, the_gateway_answers_with_what_the_services_behind_it_say) {
    const OpenShop shop{calm};
    EXPECT_EQ(get(shop, "/users/7").body, "{\"id\":7,\"name\":\"Hana\"}\n");
    EXPECT_EQ(get(shop, "/orders/3/items").body,
              "{\"order\":3,\"items\":[{\"name\":\"rope, 20 m\",\"cents\":2450}]}\n");
    EXPECT_EQ(get(shop, "/search?q=mast").body, "{\"found\":[{\"name\":\"mast\",\"cents\":21900}]}\n");
    EXPECT_EQ(get(shop, "/search?q=anchor").body, "{\"found\":[]}\n");
    EXPECT_EQ(get(shop, "/flaky").status, 200);
    EXPECT_EQ(get(shop, "/health").body, "{\"status\":\"ok\"}\n");
}

Response ask_users(const Shop& shop, const std::string& host) {
    Client client;
    return client.send(
        {.url = "http://" + host + ':' + std::to_string(shop.port(Callee::users)) + "/users/7"}, 10s);
}

TEST(Shop, users_are_three_servers_on_one_port) {
    const Shop shop{calm, real_clock};
    for (const char* host : Shop::users_hosts) EXPECT_EQ(ask_users(shop, host).status, 200) << host;
    EXPECT_NE(shop.port(Callee::users), shop.port(Callee::orders));
    EXPECT_NE(shop.port(Callee::orders), shop.port(Callee::search));
    EXPECT_NE(shop.gateway_port(), shop.port(Callee::search));
}

TEST(Shop, one_of_them_fails_alone_and_is_well_again) {
    Shop shop{calm, real_clock};
    shop.become(Member::users_2, Condition::failing);
    EXPECT_EQ(ask_users(shop, "127.0.0.1").status, 200);
    EXPECT_EQ(ask_users(shop, "127.0.0.2").status, 503);
    shop.become(Member::users_2, Condition::well);
    EXPECT_EQ(ask_users(shop, "127.0.0.2").status, 200);
}

TEST(Shop, a_search_that_hangs_is_not_answered_in_time) {
    OpenShop shop{calm};
    shop.become(Member::search, Condition::hanging);
    Client client;
    EXPECT_EQ(client.send({.url = url(shop, "/search?q=sail")}, 100ms).status, 0);
    EXPECT_EQ(get(shop, "/flaky").status, 200);
}

TEST(Shop, before_it_knows_whom_to_call_it_says_so) {
    const Shop shop{calm, real_clock};
    EXPECT_EQ(get(shop, "/users/7").status, 503);
    EXPECT_EQ(get(shop, "/health").status, 200);
}

TEST(Shop, an_order_is_echoed_with_a_new_id) {
    const OpenShop shop{calm};
    Client client;
    const Request order{.method = "POST", .url = url(shop, "/orders"), .body = "{\"user\":7}"};
    const Response first = client.send(order, 10s);
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(first.body, "{\"id\":1001,\"order\":{\"user\":7}}\n");
    EXPECT_EQ(client.send(order, 10s).body, "{\"id\":1002,\"order\":{\"user\":7}}\n");
}

TEST(Shop, what_is_no_order_is_refused) {
    const OpenShop shop{calm};
    Client client;
    EXPECT_EQ(client.send({.method = "POST", .url = url(shop, "/orders"), .body = "sail"}, 10s).status, 400);
}

TEST(Shop, who_and_what_it_does_not_know_is_not_found) {
    const OpenShop shop{calm};
    for (const char* target :
         {"/users/0", "/users/501", "/users/99999999999999999999", "/users/x", "/no/such/page"})
        EXPECT_EQ(get(shop, target).status, 404) << target;
}

TEST(Shop, the_callers_request_id_comes_back_whatever_the_answer) {
    const OpenShop shop{calm};
    for (const char* target : {"/users/7", "/users/0", "/health", "/no/such/page"})
        EXPECT_EQ(get(shop, target).request_id, "mine") << target;
}

TEST(Shop, a_share_of_the_flaky_calls_fails_with_500_or_503) {
    const OpenShop shop{{.seed = 3, .failing = 100_percent}};
    std::map<int, int> answers;
    for (int i = 0; i < 40; ++i) ++answers[get(shop, "/flaky").status];
    EXPECT_EQ(answers.size(), 2U);
    EXPECT_GT(answers[500], 1);
    EXPECT_GT(answers[503], 15);
}

TEST(Shop, a_slow_search_takes_50_ms_or_more) {
    const OpenShop shop{{.slow = 100_percent, .stuck = 0_percent}};
    EXPECT_GE(get(shop, "/search?q=sail").took, 50ms);
}

// What a stuck search is answered by a shop that closes so much later; 0 if it came too late to be accepted.
int answered_while_closing(Duration later) {
    const SystemClock clock;
    OpenShop shop{{.stuck = 100_percent, .stuck_for = 1h}};
    auto stuck = std::async(std::launch::async, [&] { return get(shop, "/search?q=sail"); });
    EXPECT_EQ(stuck.wait_for(later), std::future_status::timeout);
    const Instant began = clock.now();
    shop.stop();
    EXPECT_LT(clock.now() - began, 5s);   // milliseconds; a machine may be busy
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
