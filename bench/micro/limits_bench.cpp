// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/resilience/bulkhead.hpp>
#include <outrigger/resilience/keyed.hpp>
#include <outrigger/resilience/rate_limit.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

// What limits cost a call: a bulkhead's slot, a rate limit's token, a key's policy.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

// Shared by the threads of one run.
ConcurrencyLimiter& roomy() {
    static ConcurrencyLimiter limiter{{.concurrent = 100}};
    return limiter;
}

void bulkhead_enter_and_leave(benchmark::State& state) {
    ConcurrencyLimiter& limiter = roomy();
    for (auto _ : state) {
        const Result<Slot> slot = limiter.try_enter();
        benchmark::DoNotOptimize(slot.has_value());
    }
}
BENCHMARK(bulkhead_enter_and_leave)->Threads(1)->Threads(2);

void bulkhead_enter_blocking_and_leave(benchmark::State& state) {
    ConcurrencyLimiter& limiter = roomy();
    ManualBlockingClock clock;
    for (auto _ : state) {
        const Result<Slot> slot = limiter.enter(clock);
        benchmark::DoNotOptimize(slot.has_value());
    }
}
BENCHMARK(bulkhead_enter_blocking_and_leave);

void bulkhead_refusal(benchmark::State& state) {
    ConcurrencyLimiter limiter{{.concurrent = 1, .queue = 0}};
    const Result<Slot> taken = limiter.try_enter();
    for (auto _ : state) {
        const Result<Slot> slot = limiter.try_enter();
        benchmark::DoNotOptimize(slot.has_value());
    }
}
BENCHMARK(bulkhead_refusal);

// A clock that each call moves on by more than the rate wants: all are admitted.
void admit(benchmark::State& state, RateLimiter& limiter) {
    Instant now{1h};
    for (auto _ : state) {
        const Result<void> asked = limiter.try_acquire(now);
        if (!asked) return state.SkipWithError("refused");
        now += 2us;
    }
}
void token_bucket(benchmark::State& state) {
    RateLimiter limiter{{.rate = 1'000'000_per_second, .burst = 100}};
    admit(state, limiter);
}
BENCHMARK(token_bucket);
void sliding_window(benchmark::State& state) {
    RateLimiter limiter{{.rate = 1'000'000_per_second, .window = std::chrono::milliseconds{state.range()}}};
    admit(state, limiter);
}
BENCHMARK(sliding_window)->Arg(1)->Arg(1000);

void refuse(benchmark::State& state, const RateLimit& settings) {
    RateLimiter limiter{settings};
    const Instant now{1h};
    while (limiter.try_acquire(now)) {
    }
    for (auto _ : state) {
        const Result<void> asked = limiter.try_acquire(now);
        benchmark::DoNotOptimize(asked.has_value());
    }
}
void token_bucket_refusal(benchmark::State& state) { refuse(state, {.rate = 1_per_second, .burst = 1}); }
BENCHMARK(token_bucket_refusal);
void sliding_window_refusal(benchmark::State& state) { refuse(state, {.rate = 10_per_second, .window = 1s}); }
BENCHMARK(sliding_window_refusal);

struct Policy {
    [[nodiscard]] bool idle(Instant) const noexcept { return false; }
    std::uint64_t uses = 0;
};

std::vector<std::string> hosts(std::int64_t count) {
    std::vector<std::string> all;
    for (std::int64_t i = 0; i < count; ++i) all.push_back("http://10.0.0." + std::to_string(i) + ":8080");
    return all;
}

void keyed_look_up(benchmark::State& state) {
    static Keyed<Policy> keyed{{1000}, [](std::string_view) { return std::make_unique<Policy>(); }};
    const std::vector<std::string> keys = hosts(state.range());
    const Instant now{1h};
    std::size_t next = static_cast<std::size_t>(state.thread_index());
    for (auto _ : state) {
        const auto held = keyed.at(keys[next++ % keys.size()], now);
        benchmark::DoNotOptimize(&*held);
    }
}
BENCHMARK(keyed_look_up)->Arg(1)->Arg(8)->Arg(1000)->Threads(1)->Threads(2);

// The other way to build it: one map behind a lock that readers share.
void shared_mutex_look_up(benchmark::State& state) {
    static std::shared_mutex mutex;
    static std::unordered_map<std::string, std::pair<Policy, std::atomic<std::uint32_t>>> map;
    const std::vector<std::string> keys = hosts(state.range());
    {
        const std::scoped_lock lock{mutex};
        for (const std::string& key : keys) map[key];
    }
    std::size_t next = static_cast<std::size_t>(state.thread_index());
    for (auto _ : state) {
        std::pair<Policy, std::atomic<std::uint32_t>>* found = nullptr;
        {
            const std::shared_lock lock{mutex};
            found = &map.find(keys[next++ % keys.size()])->second;
            found->second.fetch_add(1);
        }
        found->second.fetch_sub(1);
    }
}
BENCHMARK(shared_mutex_look_up)->Arg(1)->Arg(8)->Arg(1000)->Threads(1)->Threads(2);

}   // namespace
}   // namespace outrigger::resilience
