// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/answers.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

// What they answer over the wire: shop_test.
TEST(Weather, who_is_well_leaves_the_answer_to_others) {
    Weather weather{.settings = {}};
    httplib::Response response;
    EXPECT_FALSE(weather.ill(Member::orders, response));
    EXPECT_TRUE(response.body.empty());
}

TEST(Weather, who_fails_says_who_it_is) {
    Weather weather{.settings = {}};
    weather.conditions[1] = Condition::failing;
    httplib::Response response;
    EXPECT_TRUE(weather.ill(Member::users_2, response));
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "{\"error\":\"users-2 is out of order\"}\n");
    EXPECT_FALSE(weather.ill(Member::users_3, response));
}

TEST(Weather, who_hangs_answers_late_but_at_once_when_the_shop_closes) {
    const SystemClock clock;
    Weather weather{.settings = {.stuck_for = 20ms}};
    weather.conditions[4] = Condition::hanging;
    httplib::Response response;
    const Instant began = clock.now();
    EXPECT_TRUE(weather.ill(Member::search, response));
    EXPECT_GE(clock.now() - began, 20ms);
    weather.settings.stuck_for = 1h;
    weather.delays.stop();
    EXPECT_TRUE(weather.ill(Member::search, response));
    EXPECT_EQ(response.status, 503);
}

}  // namespace
}  // namespace outrigger::demo
