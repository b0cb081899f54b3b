// SPDX-License-Identifier: Apache-2.0
#include "middleware/policy_lines.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/middleware/operational_log.hpp>

#include "kept_lines.hpp"

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using namespace resilience;
using logging::Level;

class PolicyLinesTest : public ::testing::Test {
protected:
    [[nodiscard]] std::string told(const Event& event) {
        lines->tell(event);
        return kept->take();
    }
    std::shared_ptr<KeptLines> kept = std::make_shared<KeptLines>();
    logging::Logger log{{.service = "orders", .level = Level::debug, .sinks = {kept}}};
    std::unique_ptr<PolicyLines> lines = policy_lines(log);
};

TEST_F(PolicyLinesTest, each_event_is_one_line_that_says_what_and_where) {
    const auto says = [this](const Event& event, const char* level, const char* action, const char* sentence) {
        const std::string line = told(event);
        EXPECT_NE(line.find(std::string{R"("log.level":")"} + level + '"'), std::string::npos) << line;
        EXPECT_NE(line.find(std::string{R"("action":")"} + action + '"'), std::string::npos) << line;
        EXPECT_NE(line.find(sentence), std::string::npos) << line;
        EXPECT_NE(line.find(R"("upstream":"users")"), std::string::npos) << line;
        EXPECT_EQ(line.find(R"("origin")"), std::string::npos) << line;   // our own source is of no use to who reads it
        EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    };
    says(CircuitOpened{"users", 1, OpenedBy::failure_rate, {.calls = 50, .failures = 31}, 5s}, "warn", "circuit-opened",
         "the circuit of users opened (failure_rate): 31 of 50 calls failed; it rests for 5s");
    says(CircuitOpened{"users", 1, OpenedBy::failure_rate, {.calls = 5, .failures = 5}, 170'622'388ns}, "warn",
         "circuit-opened", "5 of 5 calls failed; it rests for 171ms");
    says(CircuitHalfOpened{"users", 2}, "info", "circuit-half-opened", "it lets probes pass");
    says(CircuitClosed{"users", 3, 10s}, "info", "circuit-closed", "closed; traffic returns over 10s");
    says(CircuitForced{"users", 4, CircuitForced::To::open}, "warn", "circuit-forced", "is held open by hand");
    says(CallRefused{"users", Fault{Reason::circuit_open}}, "debug", "call-refused",
         "a call to users was refused: circuit_open");
    says(AttemptEnded{"users", 2, Verdict::failure, Reason::upstream_reset, 3ms}, "debug", "attempt-ended",
         "attempt 2 of a call to users ended after 3ms: failure");
    says(AttemptEnded{"users", 2, Verdict::failure, Reason::upstream_reset, 312'499ns}, "debug", "attempt-ended",
         "ended after 312us: failure");
    says(RetryScheduled{"users", 2, 25ms, {}, 503}, "debug", "retry-scheduled",
         "attempt 2 of a call to users follows in 25ms: the one before ended with 503");
    says(RetryAbandoned{"users", 1, Stop::not_safe}, "debug", "retry-abandoned",
         "no attempt follows number 1 of a call to users: not_safe");
    says(FellBack{"users", Reason::circuit_open}, "debug", "fell-back",
         "a fallback answered a call to users that had ended with circuit_open");
    EXPECT_EQ(told(CallEnded{"users", 1, {}, 1ms}), "");
}

TEST_F(PolicyLinesTest, the_reason_is_a_field) {
    EXPECT_NE(told(RetryScheduled{"users", 2, 25ms, {}, 503}).find(R"("reason":"503")"), std::string::npos);
    EXPECT_NE(told(CallRefused{"users", Fault{Reason::rate_limited}}).find(R"("reason":"rate_limited")"),
              std::string::npos);
    EXPECT_EQ(told(CircuitHalfOpened{"users", 2}).find("reason"), std::string::npos);
}

TEST_F(PolicyLinesTest, an_outage_floods_nobody_at_the_level_that_is_usual) {
    log.set_level(Level::info);
    EXPECT_EQ(told(CallRefused{"users", Fault{Reason::circuit_open}}), "");
    EXPECT_EQ(told(RetryScheduled{"users", 2, 25ms}), "");
    EXPECT_NE(told(CircuitHalfOpened{"users", 2}), "");
}

TEST_F(PolicyLinesTest, an_operational_log_is_told_the_same) {
    const ManualClock clock;
    const OperationalLog operations{*kept, "orders"};
    lines = policy_lines(operations, clock);
    EXPECT_NE(told(CircuitHalfOpened{"users", 2}).find("the circuit of users is half-open: it lets probes pass"),
              std::string::npos);
    EXPECT_EQ(told(CallRefused{"users", Fault{Reason::circuit_open}}), "");   // it is at info
}

TEST(RetryCauseTest, a_reason_comes_before_a_status) {
    EXPECT_EQ((RetryCause{{"users", 2, 1ms, Reason::upstream_reset, 503}}.text()), "upstream_reset");
    EXPECT_EQ((RetryCause{{"users", 2, 1ms, {}, 503}}.text()), "503");
    EXPECT_EQ((RetryCause{{"users", 2, 1ms}}.text()), "failed");
}

}   // namespace
}   // namespace outrigger::middleware
