// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/logging/sink.hpp>
#include <outrigger/middleware/operational_log.hpp>
#include <outrigger/middleware/policy_telemetry.hpp>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using namespace resilience;

struct Kept final : logging::Sink {
    bool take(std::string_view record, logging::Level) noexcept override {
        text += record;
        return true;
    }
    bool flush(Duration) noexcept override { return true; }
    std::string text;
};

class PolicyTelemetryTest : public ::testing::Test {
protected:
    [[nodiscard]] bool on_page(std::string_view line) {
        page = registry.text_page();
        return page.find(line) != std::string::npos;
    }
    void tell(const Event& event) { users.on(event); }
    Kept lines;
    ManualClock clock;
    OperationalLog log{lines, "orders"};
    metrics::Registry registry;
    PolicyTelemetry telemetry{registry, log, clock};
    PolicyObserver& users = telemetry.observer("users");
    std::string page;
};

TEST_F(PolicyTelemetryTest, attempts_are_counted_by_what_they_say_of_the_upstream) {
    tell(AttemptEnded{"users", 1, Verdict::success, {}, 1ms});
    tell(AttemptEnded{"users", 1, Verdict::failure, Reason::connect_failed, 1ms});
    tell(AttemptEnded{"users", 2, Verdict::failure, Reason::connect_failed, 1ms});
    EXPECT_TRUE(on_page("outrigger_attempts_total{upstream=\"users\",outcome=\"success\"} 1\n")) << page;
    EXPECT_TRUE(on_page("outrigger_attempts_total{upstream=\"users\",outcome=\"failure\"} 2\n")) << page;
    EXPECT_TRUE(on_page("outrigger_attempts_total{upstream=\"users\",outcome=\"neutral\"} 0\n")) << page;
}

TEST_F(PolicyTelemetryTest, retries_are_counted_by_what_went_before) {
    tell(RetryScheduled{"users", 2, 10ms, Reason::upstream_reset, 0});
    tell(RetryScheduled{"users", 2, 10ms, {}, 503});
    tell(RetryScheduled{"users", 2, 10ms});
    for (const char* reason : {"upstream_reset", "503", "failed"})
        EXPECT_TRUE(on_page("outrigger_retries_total{upstream=\"users\",reason=\"" + std::string{reason} + "\"} 1\n")) << page;
}

TEST_F(PolicyTelemetryTest, retries_that_were_not_made_say_why_and_a_spent_budget_twice) {
    tell(RetryAbandoned{"users", 1, Stop::not_safe});
    tell(RetryAbandoned{"users", 1, Stop::budget_spent});
    EXPECT_TRUE(on_page("outrigger_retry_abandoned_total{upstream=\"users\",reason=\"not_safe\"} 1\n")) << page;
    EXPECT_TRUE(on_page("outrigger_retry_abandoned_total{upstream=\"users\",reason=\"budget_spent\"} 1\n")) << page;
    EXPECT_TRUE(on_page("outrigger_retry_budget_exhausted_total{upstream=\"users\"} 1\n")) << page;
}

TEST_F(PolicyTelemetryTest, refusals_are_counted_by_reason) {
    tell(CallRefused{"users", Fault{Reason::circuit_open}});
    EXPECT_TRUE(on_page("outrigger_refused_total{upstream=\"users\",reason=\"circuit_open\"} 1\n")) << page;
}

TEST_F(PolicyTelemetryTest, each_change_of_a_circuit_is_a_count_and_a_line) {
    tell(CircuitOpened{"users", 1, OpenedBy::failure_rate, {.calls = 50, .failures = 31}, 5s});
    EXPECT_TRUE(on_page("outrigger_circuit_transitions_total{upstream=\"users\",to=\"open\"} 1\n")) << page;
    EXPECT_NE(lines.text.find("the circuit of users opened (failure_rate): 31 of 50 calls failed; it rests for 5s"),
              std::string::npos)
        << lines.text;
    users.on(CircuitEvent{CircuitHalfOpened{"users", 2}});   // as the circuit itself says it
    EXPECT_TRUE(on_page("outrigger_circuit_transitions_total{upstream=\"users\",to=\"half_open\"} 1\n")) << page;
    tell(CircuitClosed{"users", 3, 10s});
    EXPECT_TRUE(on_page("outrigger_circuit_transitions_total{upstream=\"users\",to=\"recovering\"} 1\n")) << page;
    tell(CircuitForced{"users", 4, CircuitForced::To::open});
    EXPECT_TRUE(on_page("outrigger_circuit_transitions_total{upstream=\"users\",to=\"forced_open\"} 1\n")) << page;
}

}   // namespace
}   // namespace outrigger::middleware
