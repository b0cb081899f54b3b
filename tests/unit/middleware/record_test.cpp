// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/record.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/resilience/configured_pipeline.hpp>

#include "kept_lines.hpp"

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using namespace resilience;
using logging::Level;

constexpr Breaker quick{.min_calls = 4, .open_for = 5s, .jitter = Ratio{0.0}};

Result<int> reset(Call&) { return Fault{Reason::upstream_reset}; }
int good(Call&) { return 1; }

class Recording : public ::testing::Test {
protected:
    [[nodiscard]] bool on_page(const std::string& line) {
        page = registry->text_page();
        return page.find(line + '\n') != std::string::npos;
    }
    ManualBlockingClock clock;
    std::shared_ptr<KeptLines> kept = std::make_shared<KeptLines>();
    logging::Logger log{{.service = "orders", .level = Level::debug, .sinks = {kept}}};
    std::optional<metrics::Registry> registry{std::in_place};
    std::string page;
};

TEST_F(Recording, every_event_is_a_metric_and_a_line) {
    auto users = pipeline({.name = "users", .clock = &clock}, Retry{.attempts = 2}, quick);
    record(users, *registry, log);
    (void)users.run(good);
    (void)users.run(reset);
    (void)users.run(reset);   // four of five have failed
    const Result<int> refused = users.run(reset);
    EXPECT_EQ(refused.error().reason, Reason::circuit_open);

    EXPECT_TRUE(on_page(R"(outrigger_attempts_total{upstream="users",outcome="success"} 1)")) << page;
    EXPECT_TRUE(on_page(R"(outrigger_attempts_total{upstream="users",outcome="failure"} 3)")) << page;
    EXPECT_TRUE(on_page(R"(outrigger_circuit_transitions_total{upstream="users",to="open"} 1)")) << page;
    EXPECT_TRUE(on_page(R"(outrigger_circuit_state{upstream="users",state="open"} 1)")) << page;
    EXPECT_TRUE(on_page(R"(outrigger_circuit_state{upstream="users",state="closed"} 0)")) << page;
    EXPECT_TRUE(on_page(R"(outrigger_retries_total{upstream="users",reason="upstream_reset"} 2)")) << page;
    const std::string lines = kept->take();
    EXPECT_EQ(count_of(R"("action":"attempt-ended")", lines), 4U) << lines;
    EXPECT_EQ(count_of(R"("action":"retry-scheduled")", lines), 2U) << lines;
    EXPECT_EQ(count_of(R"("action":"circuit-opened")", lines), 1U) << lines;
    EXPECT_EQ(count_of(R"("action":"call-refused")", lines), 2U)
        << lines;   // an attempt of the third call, and the last
    EXPECT_TRUE(on_page(R"(outrigger_refused_total{upstream="users",reason="circuit_open"} 2)")) << page;
}

TEST_F(Recording, a_configured_pipeline_is_recorded_too) {
    ConfiguredPipeline users{{.name = "users", .clock = &clock}, {Retry{}, quick}};
    record(users, *registry, log);
    (void)users.run(good);
    EXPECT_TRUE(on_page(R"(outrigger_attempts_total{upstream="users",outcome="success"} 1)")) << page;
    EXPECT_TRUE(on_page(R"(outrigger_circuit_state{upstream="users",state="closed"} 1)")) << page;
}

TEST_F(Recording, a_pipeline_without_a_breaker_has_no_circuit) {
    auto bare = pipeline({.name = "bare", .clock = &clock}, Retry{});
    ConfiguredPipeline configured{{.name = "configured", .clock = &clock}, {Retry{}}};
    record(bare, *registry, log);
    record(configured, *registry, log);
    EXPECT_EQ(registry->text_page().find("outrigger_circuit_state"), std::string::npos);
}

TEST_F(Recording, pipelines_of_one_name_count_together_and_one_recorded_twice_counts_once) {
    auto one = pipeline({.name = "users", .clock = &clock}, quick);
    auto two = pipeline({.name = "users", .clock = &clock}, quick);
    record(one, *registry, log);
    record(one, *registry, log);
    record(two, *registry, log);
    (void)one.run(good);
    (void)two.run(good);
    EXPECT_TRUE(on_page(R"(outrigger_attempts_total{upstream="users",outcome="success"} 2)")) << page;
    EXPECT_EQ(count_of(R"(outrigger_circuit_state{upstream="users",state="closed"})", page), 1U) << page;
}

TEST_F(Recording, after_the_end_of_the_pipeline_its_counts_stand_and_its_circuit_is_gone) {
    {
        auto users = pipeline({.name = "users", .clock = &clock}, quick);
        record(users, *registry, log);
        (void)users.run(good);
    }
    EXPECT_TRUE(on_page(R"(outrigger_attempts_total{upstream="users",outcome="success"} 1)")) << page;
    EXPECT_EQ(page.find("outrigger_circuit_state"), std::string::npos);
}

TEST_F(Recording, after_the_end_of_the_registry_calls_go_on) {
    auto users = pipeline({.name = "users", .clock = &clock}, Retry{.attempts = 2}, quick);
    record(users, *registry, log);
    registry.reset();
    (void)users.run(reset);
    EXPECT_EQ(count_of(R"("action":"retry-scheduled")", kept->take()), 1U);
    registry.emplace();
    record(users, *registry, log);
    (void)users.run(good);
    EXPECT_TRUE(on_page(R"(outrigger_attempts_total{upstream="users",outcome="success"} 1)")) << page;
}

TEST_F(Recording, the_pipelines_own_observer_is_told_as_before) {
    struct Counts final : Observer {
        void on(const Event&) noexcept override { ++events; }
        int events = 0;
    } counts;
    auto users = pipeline({.name = "users", .clock = &clock, .observer = &counts});
    record(users, *registry, log);
    record(users, *registry, log);
    (void)users.run(good);
    EXPECT_EQ(counts.events, 2);   // the attempt and the call
    users.observe(nullptr);
    (void)users.run(good);
    EXPECT_TRUE(on_page(R"(outrigger_attempts_total{upstream="users",outcome="success"} 1)")) << page;
}

}   // namespace
}   // namespace outrigger::middleware
