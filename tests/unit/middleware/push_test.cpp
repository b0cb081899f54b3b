// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/push.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

// What a Pushgateway makes of it is in tests/system/push_test.py.
namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

TEST(Push, what_cannot_be_sent_is_said) {
    const metrics::Registry registry;
    const PushOutcome refused = push(registry, {.url = "http://127.0.0.1:1", .group = {.job = "j"}, .timeout = 2s});
    EXPECT_FALSE(refused.ok);
    EXPECT_EQ(refused.status, 0);
    EXPECT_NE(refused.why, "");
    EXPECT_NE(push(registry, {.url = "file:///etc", .group = {.job = "j"}}).why, "");
    EXPECT_NE(push(registry, {.url = "", .group = {.job = "j"}}, metrics::PushVerb::remove).why, "");
}

TEST(Push, a_group_that_is_none_is_refused) {
    const metrics::Registry registry;
    EXPECT_THROW((void)push(registry, {.url = "http://127.0.0.1:1", .group = {}}), std::invalid_argument);
}

}  // namespace
}  // namespace outrigger::middleware
