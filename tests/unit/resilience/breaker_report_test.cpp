// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/breaker.hpp>

#include <gtest/gtest.h>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

TEST(CircuitReport, explains_each_state_in_one_sentence) {
    EXPECT_EQ(explain({.calls = {120, 3, 0}, .window = 10s}), "closed: 3 of 120 failed in 10 s");
    EXPECT_EQ(explain({.calls = {}, .window = 10s}), "closed: no calls in 10 s");
    EXPECT_EQ(explain({.calls = {50, 1, 7}, .window = {}}), "closed: 1 of 50 failed, 7 were slow");
    EXPECT_EQ(explain({.state = CircuitState::open, .calls = {50, 31, 0}, .window = 10s,
                       .opened_by = OpenedBy::failure_rate, .left = 4200ms}),
              "open: 31 of 50 failed in 10 s, probing in 4.2 s");
    EXPECT_EQ(explain({.state = CircuitState::open, .shadow = true, .opened_by = OpenedBy::consecutive_failures}),
              "open: too many failures in a row, probing with the next call (shadow: every call passes)");
    EXPECT_EQ(explain({.state = CircuitState::half_open, .opened_by = OpenedBy::failed_probe, .probes = 3,
                       .probes_succeeded = 1, .probes_under_way = 2}),
              "half-open: 1 of 3 probes succeeded, 2 under way; it was open because a probe failed");
    EXPECT_EQ(explain({.state = CircuitState::recovering, .left = 90s, .passing = 0.25}),
              "recovering: lets 25% of the calls pass, all in 90 s");
    EXPECT_EQ(explain({.state = CircuitState::forced_open}), "open by hand, until released");
}

}  // namespace
}  // namespace outrigger::resilience
