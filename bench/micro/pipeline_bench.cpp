// SPDX-License-Identifier: Apache-2.0
// What three policies around an empty call cost.
#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/resilience/configured_pipeline.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace outrigger;
using namespace outrigger::resilience;
using namespace std::chrono_literals;

int nothing(Call&) { return 1; }

ManualBlockingClock stored;
auto no_policy = pipeline({.name = "none", .clock = &stored});
auto three = pipeline({.name = "three", .clock = &stored}, Timeout{.limit = 2s}, Retry{}, Breaker{});
auto by_steady_clock = pipeline("three", Timeout{.limit = 2s}, Retry{}, Breaker{});
ConfiguredPipeline configured{{.name = "three", .clock = &stored}, {Timeout{.limit = 2s}, Retry{}, Breaker{}}};
template <auto& calls>
void blocking(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(calls.run(nothing));
}
BENCHMARK(blocking<no_policy>)->Name("pipeline/without_a_policy");
BENCHMARK(blocking<three>)->Name("pipeline/timeout_retry_breaker")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(blocking<by_steady_clock>)->Name("pipeline/timeout_retry_breaker/steady_clock");
BENCHMARK(blocking<configured>)->Name("pipeline/timeout_retry_breaker/configured");

void refused(benchmark::State& state) {
    ManualBlockingClock clock;
    auto calls = pipeline({.name = "open", .clock = &clock}, Timeout{.limit = 2s}, Retry{}, Breaker{});
    calls.policy<Breaker>().force_open(clock.now());
    for (auto _ : state) benchmark::DoNotOptimize(calls.run(nothing));
}
BENCHMARK(refused)->Name("pipeline/timeout_retry_breaker/open");

}  // namespace
