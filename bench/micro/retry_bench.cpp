// SPDX-License-Identifier: Apache-2.0
// What a retry policy costs a call.
#include <outrigger/resilience/backoff.hpp>
#include <outrigger/resilience/retry.hpp>
#include <outrigger/resilience/retry_after.hpp>
#include <outrigger/resilience/retry_budget.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace {

using namespace outrigger;
using namespace outrigger::resilience;
using namespace std::chrono_literals;

constexpr Instant start{std::chrono::hours{1}};
constexpr Budget plenty{.ratio = 100_percent, .floor = 1'000'000_per_second};

class Shared : public benchmark::Fixture {
public:
    RetryBudget budget{plenty};
};

// ---- The budget

// What every call pays: one deposit.
BENCHMARK_DEFINE_F(Shared, budget_record_call)(benchmark::State& state) {
    Instant now = start;
    for (auto _ : state) budget.record_call(now += 10us);
}
BENCHMARK_REGISTER_F(Shared, budget_record_call)->ThreadRange(1, 2)->UseRealTime();

// What a retry pays.
BENCHMARK_DEFINE_F(Shared, budget_record_call_take_and_spend)(benchmark::State& state) {
    Instant now = start;
    for (auto _ : state) {
        budget.record_call(now += 10us);
        if (auto token = budget.take(now)) token->spend();
    }
}
BENCHMARK_REGISTER_F(Shared, budget_record_call_take_and_spend)->ThreadRange(1, 2)->UseRealTime();

void budget_refusal(benchmark::State& state) {
    RetryBudget budget{{.ratio = 0_percent, .floor = Rate{}}};
    for (auto _ : state) benchmark::DoNotOptimize(budget.take(start));
}
BENCHMARK(budget_refusal);

// ---- The decision

void decide_after_success(benchmark::State& state) {
    Retrying policy{{}};
    Rng rng{1};
    EndedAttempt ended{.safe = true};
    for (auto _ : state) {
        benchmark::DoNotOptimize(ended);
        benchmark::DoNotOptimize(static_cast<bool>(policy.before_next(ended, start, rng)));
    }
}
BENCHMARK(decide_after_success);

void call_with_one_retry(benchmark::State& state) {
    Retrying policy{{.backoff = {.jitter = static_cast<Jitter>(state.range(0))}, .budget = plenty}};
    Rng rng{1};
    Instant now = start;
    EndedAttempt ended{.assessment = {Verdict::failure, Retryable::if_safe}, .safe = true};
    for (auto _ : state) {
        policy.record_call(now += 10us);
        if (RetryDecision next = policy.before_next(ended, now, rng)) next->start();
    }
    state.SetLabel(TextFormat<Jitter>::print(static_cast<Jitter>(state.range(0))));
}
BENCHMARK(call_with_one_retry)->DenseRange(0, 3);

void read_retry_after(benchmark::State& state) {
    const std::string_view value = state.range(0) == 0 ? "120" : "Fri, 20 Nov 2026 12:00:05 GMT";
    const WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20};
    for (auto _ : state) benchmark::DoNotOptimize(parse_retry_after(value, now));
    state.SetLabel(std::string{value});
}
BENCHMARK(read_retry_after)->DenseRange(0, 1);

}   // namespace
