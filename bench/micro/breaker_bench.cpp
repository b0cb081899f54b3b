// SPDX-License-Identifier: Apache-2.0
// What a circuit breaker costs a call.
#include <outrigger/resilience/breaker.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace outrigger;
using namespace outrigger::resilience;
using namespace std::chrono_literals;

constexpr Instant start{std::chrono::hours{1}};

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
BENCHMARK(closed_by_time)->Name("breaker/closed")->Threads(1)->Threads(2)->UseRealTime();

CircuitBreaker by_time_slow{{.slow_call = 1s, .consecutive = 5}};
void closed_all_rules(benchmark::State& state) { pass(state, by_time_slow); }
BENCHMARK(closed_all_rules)->Name("breaker/closed_with_all_rules")->Threads(1)->Threads(2)->UseRealTime();

CircuitBreaker by_count{{.window_calls = 100}};
void closed_by_count(benchmark::State& state) { pass(state, by_count); }
BENCHMARK(closed_by_count)->Name("breaker/closed_count_window")->Threads(1)->Threads(2)->UseRealTime();

void open(benchmark::State& state) {
    Rng rng{1};
    CircuitBreaker breaker{{.consecutive = 1, .open_for = 1h}};
    breaker.try_acquire(start, rng)->settle(Verdict::failure, start, rng);
    for (auto _ : state) benchmark::DoNotOptimize(breaker.try_acquire(start + 1s, rng));
}
BENCHMARK(open)->Name("breaker/refused");

void half_open_without_a_free_probe(benchmark::State& state) {
    Rng rng{1};
    CircuitBreaker breaker{{.consecutive = 1, .open_for = 1s, .probes = 1}};
    breaker.try_acquire(start, rng)->settle(Verdict::failure, start, rng);
    auto probe = breaker.try_acquire(start + 5s, rng);
    for (auto _ : state) benchmark::DoNotOptimize(breaker.try_acquire(start + 6s, rng));
}
BENCHMARK(half_open_without_a_free_probe)->Name("breaker/refused_half_open");

}  // namespace
