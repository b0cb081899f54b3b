// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/circuit_view.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/health/registry.hpp>
#include <outrigger/resilience/configured_pipeline.hpp>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using namespace resilience;
using health::Status;

class Views : public ::testing::Test {
protected:
    [[nodiscard]] Status status() const { return check.run(health::Probe{clock, 1s}).status; }
    ManualBlockingClock clock;
    std::optional<Pipeline<Breaker>> users{std::in_place, PipelineOptions{.name = "users", .clock = &clock},
                                           Breaker{.min_calls = 2, .open_for = 5s, .jitter = Ratio{0.0}}};
    health::Indicator check = circuit_check(*users);
};

TEST_F(Views, a_circuit_is_a_check_without_probe_traffic) {
    EXPECT_EQ(status(), Status::up);
    for (int i = 0; i < 2; ++i) (void)users->run([](Call&) -> Result<int> { return Fault{Reason::upstream_reset}; });
    EXPECT_EQ(status(), Status::down);
    clock.advance(5s);
    EXPECT_EQ(status(), Status::degraded);   // it must get calls to find out
}

TEST_F(Views, after_the_end_of_the_pipeline_there_is_nothing_to_see) {
    const auto view = view_circuit(*users);
    EXPECT_TRUE(view->report());
    users.reset();
    EXPECT_FALSE(view->report());
    EXPECT_EQ(status(), Status::down);
    EXPECT_EQ(check.run(health::Probe{clock, 1s}).message, "its pipeline has ended");
}

TEST_F(Views, a_registry_may_run_it_and_outlive_the_pipeline) {
    std::promise<void> told;
    health::Registry registry{{.on_change = [&](const health::CheckChanged& change) {
        if (change.to == Status::down) told.set_value();
    }}};
    users.reset();
    registry.ready("users", std::move(check), {.damping = {.fail_after = 1}});
    ASSERT_EQ(told.get_future().wait_for(60s), std::future_status::ready);
    EXPECT_EQ(registry.pages()->ready.status, 503);
}

TEST(CircuitView, what_has_no_breaker_is_never_known_to_be_down) {
    auto bare = pipeline("bare", Retry{});
    EXPECT_EQ(view_circuit(bare), nullptr);
    const SystemClock clock;
    EXPECT_EQ(circuit_check(bare).run(health::Probe{clock, 1s}).status, Status::up);
}

TEST(CircuitStateFamily, has_a_series_for_each_state) {
    metrics::MetricFamily family = circuit_state_family();
    append_circuit_state("users", CircuitState::half_open, family);
    ASSERT_EQ(family.numbers.size(), circuit_state_count);
    double sum = 0;
    for (const auto& series : family.numbers) sum += series.value;
    EXPECT_EQ(sum, 1.0);
}

}   // namespace
}   // namespace outrigger::middleware
