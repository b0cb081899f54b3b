// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/policies.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace outrigger::proxy {
namespace {

TEST(UpstreamPolicies, have_what_is_set_and_nothing_else) {
    resilience::CircuitBreaker breaker{resilience::Breaker{}};
    UpstreamPolicies policies{{.name = "users", .setting = "outbound.users", .breaker = &breaker}};
    const CallPolicies calls = policies.for_calls("outbound.users.routes[0]", std::nullopt, true);
    EXPECT_EQ(calls.name, "users");
    EXPECT_EQ(calls.setting, "outbound.users");
    EXPECT_EQ(calls.call_setting, "outbound.users.routes[0]");
    EXPECT_TRUE(calls.idempotent);
    EXPECT_EQ(calls.breaker, &breaker);
    EXPECT_EQ(calls.rate, nullptr);
    EXPECT_EQ(calls.slots, nullptr);
    EXPECT_EQ(calls.retrying, nullptr);
    EXPECT_FALSE(calls.only_limits());
}

TEST(UpstreamPolicies, share_one_budget_among_all_kinds_of_calls) {
    UpstreamPolicies policies{{.name = "users", .setting = "outbound.users", .budget = resilience::Budget{}}};
    const CallPolicies some = policies.for_calls("outbound.users", resilience::Retry{}, false);
    const CallPolicies others = policies.for_calls("outbound.users.routes[0]", resilience::Retry{.attempts = 2}, false);
    EXPECT_EQ(some.retrying->budget(), policies.budget());
    EXPECT_EQ(others.retrying->budget(), policies.budget());
    EXPECT_EQ(others.retrying->settings().attempts, 2u);
    EXPECT_EQ(some.call_setting, "outbound.users");
}

TEST(UpstreamPolicies, refuse_settings_that_make_no_sense) {
    EXPECT_THROW((UpstreamPolicies{{.name = "users", .slots = resilience::Bulkhead{.concurrent = 0}}}),
                 std::invalid_argument);
}

}   // namespace
}   // namespace outrigger::proxy
