// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/drill.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "sidecar/demo/client.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

int status_of_users_2(const Shop& shop) {
    Client client;
    return client
        .send({.url = "http://127.0.0.2:" + std::to_string(shop.port(Callee::users)) + "/users/7"}, 10s)
        .status;
}

TEST(Drill, each_step_is_performed_once_when_it_is_due) {
    const SystemClock clock;
    Shop shop{{}, clock};
    Drill drill{shop, 100s};
    EXPECT_THAT(drill.perform(14s), IsEmpty());
    EXPECT_EQ(status_of_users_2(shop), 200);
    EXPECT_THAT(drill.perform(15s), ElementsAre(steps[0].says));
    EXPECT_EQ(status_of_users_2(shop), 503);
    EXPECT_THAT(drill.perform(39s), IsEmpty());
    EXPECT_THAT(drill.perform(74s), ElementsAre(steps[1].says, steps[2].says));   // a machine was busy
    EXPECT_EQ(status_of_users_2(shop), 200);
    EXPECT_THAT(drill.perform(100s), ElementsAre(steps[3].says));
    EXPECT_THAT(drill.perform(200s), IsEmpty());
}

TEST(Drill, whoever_falls_ill_is_well_again_before_the_end) {
    std::map<Member, Condition> conditions;
    int before = 0;
    for (const Step& step : steps) {
        EXPECT_GT(step.percent, before);
        before = step.percent;
        conditions[step.who] = step.becomes;
    }
    EXPECT_LE(before, 80);   // the rest is for what comes of it
    for (const auto& [who, condition] : conditions) EXPECT_EQ(condition, Condition::well);
}

}  // namespace
}  // namespace outrigger::demo
