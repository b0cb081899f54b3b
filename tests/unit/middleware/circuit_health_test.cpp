// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/circuit_health.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using health::Status;
using resilience::CircuitReport;
using resilience::CircuitState;
using resilience::OpenedBy;

// As the breaker tells it after 31 of 50 calls failed.
CircuitReport report(CircuitState state, Duration left = {}) {
    return {.state = state,
            .calls = {.calls = 50, .failures = 31},
            .window = 10s,
            .opened_by = OpenedBy::failure_rate,
            .left = left,
            .probes = 3};
}

std::string detail(const health::Outcome& outcome, std::string_view key) {
    for (const health::Detail& one : outcome.details) {
        if (one.key != key) continue;
        const auto* text = std::get_if<std::string>(&one.value);
        return text ? *text : std::to_string(std::get<std::int64_t>(one.value));
    }
    return "-";
}

TEST(CircuitHealth, a_closed_circuit_is_up_and_says_nothing_but_its_state) {
    const health::Outcome outcome = circuit_health(report(CircuitState::closed));
    EXPECT_EQ(outcome.status, Status::up);
    EXPECT_EQ(outcome.message, "");
    EXPECT_EQ(outcome.details, (std::vector<health::Detail>{{"circuit", std::string{"closed"}}}));
}

TEST(CircuitHealth, an_open_circuit_is_down_and_says_why_for_as_long_as_it_rests) {
    const health::Outcome outcome = circuit_health(report(CircuitState::open, 4s));
    EXPECT_EQ(outcome.status, Status::down);
    EXPECT_EQ(outcome.message, "the circuit is open: 31 of 50 failed in 10 s");
    EXPECT_EQ(outcome, circuit_health(report(CircuitState::open, 1ms)));
}

TEST(CircuitHealth, a_circuit_that_has_rested_is_degraded_so_that_calls_come_and_probe_it) {
    const health::Outcome outcome = circuit_health(report(CircuitState::open));
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.message,
              "the circuit has rested, and the next call probes: it was open because 31 of 50 failed in 10 s");
}

TEST(CircuitHealth, a_half_open_circuit_is_degraded_and_the_progress_of_its_probes_changes_nothing) {
    CircuitReport half_open = report(CircuitState::half_open);
    const health::Outcome outcome = circuit_health(half_open);
    EXPECT_EQ(outcome.status, Status::degraded);
    half_open.probes_succeeded = 2;
    half_open.probes_under_way = 1;
    half_open.refused = 100;
    EXPECT_EQ(outcome, circuit_health(half_open));
}

TEST(CircuitHealth, a_recovering_circuit_is_degraded_until_all_calls_pass) {
    EXPECT_EQ(circuit_health(report(CircuitState::recovering, 3s)).status, Status::degraded);
}

TEST(CircuitHealth, a_hand_that_holds_the_circuit_decides) {
    EXPECT_EQ(circuit_health(report(CircuitState::forced_open)).status, Status::down);
    EXPECT_EQ(circuit_health(report(CircuitState::forced_closed)).status, Status::up);
    EXPECT_EQ(circuit_health(report(CircuitState::forced_closed)).message, "the circuit is held closed by hand");
}

TEST(CircuitHealth, a_circuit_in_shadow_mode_is_up_and_says_what_it_would_be) {
    CircuitReport shadow = report(CircuitState::open, 4s);
    shadow.shadow = true;
    const health::Outcome outcome = circuit_health(shadow);
    EXPECT_EQ(outcome.status, Status::up);
    EXPECT_EQ(outcome.message, "shadow, every call passes: the circuit is open: 31 of 50 failed in 10 s");
    EXPECT_EQ(detail(outcome, "circuit"), "open");
}

TEST(CircuitHealth, endpoints_are_counted_and_one_that_gets_calls_is_enough) {
    const health::Outcome outcome = circuit_health(report(CircuitState::closed), EndpointCounts{1, 2});
    EXPECT_EQ(outcome.status, Status::up);
    EXPECT_EQ(detail(outcome, "endpoints"), "3");
    EXPECT_EQ(detail(outcome, "ejected"), "2");
}

TEST(CircuitHealth, without_an_endpoint_that_gets_calls_a_closed_circuit_is_down) {
    const health::Outcome ejected = circuit_health(report(CircuitState::closed), EndpointCounts{0, 2});
    EXPECT_EQ(ejected.status, Status::down);
    EXPECT_EQ(ejected.message, "all endpoints are ejected");
    const health::Outcome none = circuit_health(report(CircuitState::closed), EndpointCounts{0, 0, "no such name"});
    EXPECT_EQ(none.status, Status::down);
    EXPECT_EQ(none.message, "no endpoint is known: no such name");
}

TEST(CircuitHealth, ejected_endpoints_that_get_calls_all_the_same_are_no_trouble) {
    const EndpointCounts panic{.ejected = 2, .panic = true};
    const health::Outcome outcome = circuit_health(report(CircuitState::closed), panic);
    EXPECT_EQ(outcome.status, Status::up);
    EXPECT_EQ(detail(outcome, "ejected"), "2");
}

TEST(CircuitHealth, of_an_open_circuit_and_ejected_endpoints_the_circuit_is_told) {
    const health::Outcome outcome = circuit_health(report(CircuitState::open, 4s), EndpointCounts{0, 2});
    EXPECT_EQ(outcome.message, "the circuit is open: 31 of 50 failed in 10 s");
}

TEST(CircuitHealth, only_a_rest_and_a_recovery_end_by_themselves) {
    EXPECT_EQ(circuit_health_changes_in(report(CircuitState::open, 4s)), 4s);
    EXPECT_EQ(circuit_health_changes_in(report(CircuitState::recovering, 3s)), 3s);
    EXPECT_EQ(circuit_health_changes_in(report(CircuitState::open)), std::nullopt);
    EXPECT_EQ(circuit_health_changes_in(report(CircuitState::closed)), std::nullopt);
    EXPECT_EQ(circuit_health_changes_in(report(CircuitState::half_open)), std::nullopt);
}

}  // namespace
}  // namespace outrigger::middleware
