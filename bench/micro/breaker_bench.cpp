// SPDX-License-Identifier: Apache-2.0
// What a circuit breaker costs beside what everybody knows the price of.
#include <outrigger/resilience/breaker.hpp>

#include <benchmark/benchmark.h>

#include <atomic>
#include <functional>
#include <mutex>

namespace {

using namespace outrigger;
using namespace outrigger::resilience;
using namespace std::chrono_literals;

constexpr Instant start{std::chrono::hours{1}};

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

void breaker_clock_read(benchmark::State& state) {
    const SystemClock clock;
    for (auto _ : state) benchmark::DoNotOptimize(clock.now());
}
BENCHMARK(breaker_clock_read);

// Permit and success; time passes as if every call took 10 us.
void pass(benchmark::State& state, CircuitBreaker& breaker) {
    Rng rng{static_cast<std::uint64_t>(state.thread_index())};
    Instant now = start;
    for (auto _ : state) {
        auto permit = breaker.try_acquire(now, rng);
        now += 10us;
        permit->settle(Verdict::success, now, rng);
    }
}

CircuitBreaker by_time{{}};
void closed_by_time(benchmark::State& state) { pass(state, by_time); }
BENCHMARK(closed_by_time)->Threads(1)->Threads(2)->UseRealTime();

CircuitBreaker by_time_slow{{.slow_call = 1s, .consecutive = 5}};
void closed_all_rules(benchmark::State& state) { pass(state, by_time_slow); }
BENCHMARK(closed_all_rules)->Threads(1)->Threads(2)->UseRealTime();

CircuitBreaker by_count{{.window_calls = 100}};
void closed_by_count(benchmark::State& state) { pass(state, by_count); }
BENCHMARK(closed_by_count)->Threads(1)->Threads(2)->UseRealTime();

void open(benchmark::State& state) {
    Rng rng{1};
    CircuitBreaker breaker{{.consecutive = 1, .open_for = 1h}};
    breaker.try_acquire(start, rng)->settle(Verdict::failure, start, rng);
    for (auto _ : state) benchmark::DoNotOptimize(breaker.try_acquire(start + 1s, rng));
}
BENCHMARK(open);

void half_open_without_a_free_probe(benchmark::State& state) {
    Rng rng{1};
    CircuitBreaker breaker{{.consecutive = 1, .open_for = 1s, .probes = 1}};
    breaker.try_acquire(start, rng)->settle(Verdict::failure, start, rng);
    auto probe = breaker.try_acquire(start + 5s, rng);
    for (auto _ : state) benchmark::DoNotOptimize(breaker.try_acquire(start + 6s, rng));
}
BENCHMARK(half_open_without_a_free_probe);

}  // namespace
