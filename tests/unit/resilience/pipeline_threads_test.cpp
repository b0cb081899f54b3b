// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/configured_pipeline.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <outrigger/core/system_blocking_clock.hpp>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

// Sums up what all threads tell.
class Counting final : public Observer {
public:
    void on(const Event& event) noexcept override { told[event.index()].fetch_add(1, std::memory_order_relaxed); }
    template <class E>
    [[nodiscard]] std::uint64_t of() const {
        return told[Event{E{}}.index()].load();
    }
    std::array<std::atomic<std::uint64_t>, std::variant_size_v<Event>> told{};
};

constexpr int threads = 8;
constexpr int calls_each = 2000;

template <class P>
void hammer(P& calls, Counting& events) {
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<std::uint64_t> called{0};
    std::atomic<std::uint64_t> values{0};
    std::vector<std::thread> crowd;
    for (int t = 0; t < threads; ++t)
        crowd.emplace_back([&, t] {
            Rng rng{static_cast<std::uint64_t>(t) + 1};
            for (int i = 0; i < calls_each; ++i) {
                const auto result = calls.run([&](Call&) -> Result<int> {
                    const int now_inside = inside.fetch_add(1) + 1;
                    for (int seen = most.load(); seen < now_inside && !most.compare_exchange_weak(seen, now_inside);) {}
                    called.fetch_add(1, std::memory_order_relaxed);
                    const bool bad = rng.below(100) < (i % 1000 < 500 ? 5U : 80U);
                    inside.fetch_sub(1);
                    return bad ? Result<int>{Fault{Reason::upstream_reset}} : Result<int>{1};
                });
                if (result) values.fetch_add(1, std::memory_order_relaxed);
                if (i % 500 == 0) (void)calls.explain();
            }
        });
    for (std::thread& one : crowd) one.join();
    EXPECT_LE(most.load(), 3) << "the bulkhead's slots";
    EXPECT_EQ(events.of<CallEnded>(), std::uint64_t{threads} * calls_each);
    EXPECT_EQ(events.of<AttemptEnded>(), called.load());
    EXPECT_GT(values.load(), 0U);
    EXPECT_GT(events.of<CircuitOpened>(), 0U);
}

TEST(PipelineThreads, eight_threads_through_all_policies_lose_no_call_and_no_slot) {
    SystemBlockingClock clock;
    Counting events;
    const Timeout timeout{.limit = 10s};
    const RateLimit rate{.rate = 1'000'000_per_second, .burst = 1'000'000};
    const Bulkhead bulkhead{.concurrent = 3, .queue = 100, .wait = 10s};
    const Retry retry{.attempts = 3, .per_try_timeout = 10s, .backoff = Backoff::constant(0s)};
    const Breaker breaker{.consecutive = 8, .open_for = 10ms, .probes = 2};
    const PipelineOptions options{.name = "p", .clock = &clock, .seed = 7, .observer = &events};

    auto compiled = pipeline(options, timeout, rate, bulkhead, retry, breaker);
    hammer(compiled, events);
    EXPECT_EQ(compiled.policy<Bulkhead>().in_use(), 0U);

    for (auto& count : events.told) count.store(0);
    ConfiguredPipeline configured{options, {timeout, rate, bulkhead, retry, breaker}};
    hammer(configured, events);
    EXPECT_EQ(configured.policy<Bulkhead>()->in_use(), 0U);
}

}  // namespace
}  // namespace outrigger::resilience
