// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/outcome.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

TEST(Outcome, says_what_was_found) {
    EXPECT_EQ(up(), (Outcome{Status::up, "", {}}));
    EXPECT_EQ(up(2ms), (Outcome{Status::up, "", 2ms}));
    EXPECT_EQ(degraded("slow"), (Outcome{Status::degraded, "slow", {}}));
    EXPECT_EQ(down("no answer", 3ms), (Outcome{Status::down, "no answer", 3ms}));
}

TEST(Status, every_status_has_its_word) {
    EXPECT_EQ(to_string(Status::unchecked), "unchecked");
    EXPECT_EQ(to_string(Status::up), "up");
    EXPECT_EQ(to_string(Status::degraded), "degraded");
    EXPECT_EQ(to_string(Status::down), "down");
}

}  // namespace
}  // namespace outrigger::health
