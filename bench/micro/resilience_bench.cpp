// SPDX-License-Identifier: Apache-2.0
// What policies cost, in one program: here what everybody knows the price of, in the files beside it the policies.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include <outrigger/core/clock.hpp>

namespace {

void function_call(benchmark::State& state) {
    std::function<int(int)> function = [](int x) { return x + 1; };
    int value = 0;
    for (auto _ : state) benchmark::DoNotOptimize(value = function(value));
}
BENCHMARK(function_call);

void uncontended_mutex(benchmark::State& state) {
    std::mutex mutex;
    for (auto _ : state) {
        const std::scoped_lock lock{mutex};
        benchmark::ClobberMemory();
    }
}
BENCHMARK(uncontended_mutex);

std::atomic<std::uint64_t> counter{0};
void atomic_increment(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(counter.fetch_add(1, std::memory_order_relaxed));
}
BENCHMARK(atomic_increment)->Threads(1)->Threads(2)->UseRealTime();

void steady_clock(benchmark::State& state) {
    const outrigger::SystemClock clock;
    for (auto _ : state) benchmark::DoNotOptimize(clock.now());
}
BENCHMARK(steady_clock);

}  // namespace
