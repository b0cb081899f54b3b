// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/service.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <outrigger/core/clock.hpp>

#include "sidecar/demo/client.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

const auto no_routes = [](httplib::Server&) {};

TEST(Service, each_has_a_port_of_its_own) {
    const Service one{"one", 1, no_routes};
    const Service other{"other", 1, no_routes};
    EXPECT_GT(one.port(), 0);
    EXPECT_NE(one.port(), other.port());
}

TEST(Service, an_unknown_path_is_answered_as_json) {
    const Service service{"empty", 1, no_routes};
    Client client;
    const Response response =
        client.send({.url = "http://127.0.0.1:" + std::to_string(service.port()) + "/x"}, 10s);
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.body, "{\"error\":\"the shop has no such page\"}\n");
}

TEST(Service, it_stops_at_once_right_after_its_start_and_more_than_once) {
    const SystemClock clock;
    const Instant began = clock.now();
    Service service{"brief", 4, no_routes};
    service.stop();
    service.stop();
    EXPECT_LT(clock.now() - began, 1s);
}

}  // namespace
}  // namespace outrigger::demo
