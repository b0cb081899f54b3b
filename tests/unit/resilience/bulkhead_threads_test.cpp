// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/bulkhead.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/system_blocking_clock.hpp>
#include <outrigger/core/task.hpp>

#include <atomic>
#include <deque>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

// Eight threads and one bulkhead: half of them have a loop each, half of them block. Each thread's time is its own and
// moves as fast as the thread runs, so that waits run out, and are given up, while slots are on their way.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr int loops = 4;
constexpr int blocking = 4;
constexpr int callers = 6;      // of each loop at once
constexpr int calls = 60;       // of each caller
constexpr std::uint32_t concurrent = 3;
constexpr std::uint64_t seed = 20261120;

struct Shared {
    ConcurrencyLimiter bulkhead{{.concurrent = concurrent, .queue = 20, .wait = 300us}};
    std::atomic<std::uint32_t> inside{0};
    std::atomic<std::uint32_t> most_inside{0};
    int written_inside_one = 0;   // by whoever holds the only slot of `one`: no atomic on purpose
    ConcurrencyLimiter one{{.concurrent = 1, .queue = 1000, .wait = 1h}};

    void came_in() {
        const std::uint32_t now = inside.fetch_add(1) + 1;
        std::uint32_t most = most_inside.load();
        while (most < now && !most_inside.compare_exchange_weak(most, now)) {}
    }
};

struct Tally {
    int entered = 0;
    int refused = 0;
    int cancelled = 0;

    void refuse(const Fault& fault) { ++(fault.reason == Reason::caller_left ? cancelled : refused); }
    Tally& operator+=(const Tally& other) {
        entered += other.entered;
        refused += other.refused;
        cancelled += other.cancelled;
        return *this;
    }
};

class LoopThread {
public:
    LoopThread(Shared& shared, int number) : shared_{shared}, rng_{seed + static_cast<std::uint64_t>(number)} {}

    void run() {
        TaskGroup tasks;
        for (int i = 0; i < callers; ++i) tasks.spawn(call_often());
        tasks.spawn(write_inside_one());
        while (tasks.running() > 0) {
            loop_.advance(50us);
            std::this_thread::yield();
        }
    }
    Tally tally;

private:
    Task<void> call_often() {
        for (int i = 0; i < calls; ++i) {
            Cancel cancel;
            Child<void> call;
            call.start(call_once(cancel));
            for (std::uint64_t turns = rng_.below(12); turns > 0 && call.running(); --turns)
                co_await Yield{loop_.scheduler()};
            if (rng_.below(3) == 0) cancel.cancel(Fault{Reason::caller_left, "gone"});
            co_await call.join();
        }
    }
    Task<void> call_once(Cancel& cancel) {
        Result<Slot> slot = co_await shared_.bulkhead.enter(loop_.scheduler(), {.cancel = &cancel});
        if (!slot) {
            tally.refuse(slot.error());
            co_return;
        }
        ++tally.entered;
        shared_.came_in();
        for (std::uint64_t turns = rng_.below(4); turns > 0; --turns) co_await Yield{loop_.scheduler()};
        shared_.inside.fetch_sub(1);
    }
    // What one did inside is visible to the next one: ThreadSanitizer would object.
    Task<void> write_inside_one() {
        for (int i = 0; i < calls; ++i) {
            Result<Slot> slot = co_await shared_.one.enter(loop_.scheduler(), {});
            if (slot) ++shared_.written_inside_one;
        }
    }

    Shared& shared_;
    ManualLoop loop_;
    Rng rng_;
};

// Its waits pass the time of their own thread, and other threads raise the signal or stop the token meanwhile.
class RushingClock final : public BlockingClock {
public:
    [[nodiscard]] Instant now() const noexcept override { return clock_.now(); }
    [[nodiscard]] WallTime wall() const noexcept override { return clock_.wall(); }
    [[nodiscard]] Woken wait(Signal& signal, Instant until, const std::stop_token& stop) noexcept override {
        for (;; clock_.advance(10us)) {
            if (stop.stop_requested()) return Woken::stopped;
            if (signal.raised()) return Woken::raised;
            if (now() >= until) return Woken::due;
            std::this_thread::yield();
        }
    }

private:
    ManualClock clock_;
};

// Really sleeps in its waits for the one slot: nothing but the slot ends them.
class BlockingThread {
public:
    BlockingThread(Shared& shared, int number) : shared_{shared}, rng_{~seed + static_cast<std::uint64_t>(number)} {}

    void run() {
        for (int i = 0; i < calls; ++i) {
            call_once();
            const Result<Slot> slot = shared_.one.enter(machine_);
            if (slot) ++shared_.written_inside_one;
        }
    }
    Tally tally;

private:
    void call_once() {
        std::stop_source stop;
        std::jthread impatient;
        if (rng_.below(3) == 0) impatient = std::jthread{[&stop] { stop.request_stop(); }};
        const Result<Slot> slot = shared_.bulkhead.enter(rushing_, never, stop.get_token());
        if (!slot) return tally.refuse(slot.error());
        ++tally.entered;
        shared_.came_in();
        for (std::uint64_t turns = rng_.below(4); turns > 0; --turns) std::this_thread::yield();
        shared_.inside.fetch_sub(1);
    }

    Shared& shared_;
    RushingClock rushing_;
    SystemBlockingClock machine_;
    Rng rng_;
};

TEST(Bulkhead, keeps_its_word_between_eight_threads_with_a_loop_or_blocking) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Shared shared;
    std::deque<LoopThread> loop_threads;
    std::deque<BlockingThread> blocking_threads;
    for (int i = 0; i < loops; ++i) loop_threads.emplace_back(shared, i);
    for (int i = 0; i < blocking; ++i) blocking_threads.emplace_back(shared, i);
    std::vector<std::thread> running;
    for (LoopThread& each : loop_threads) running.emplace_back([&each] { each.run(); });
    for (BlockingThread& each : blocking_threads) running.emplace_back([&each] { each.run(); });
    for (std::thread& thread : running) thread.join();

    Tally all;
    for (const LoopThread& each : loop_threads) all += each.tally;
    for (const BlockingThread& each : blocking_threads) all += each.tally;
    EXPECT_EQ(all.entered + all.refused + all.cancelled, (loops * callers + blocking) * calls);
    EXPECT_GT(all.entered, 0);
    EXPECT_EQ(shared.bulkhead.refused(), static_cast<std::uint64_t>(all.refused));
    EXPECT_LE(shared.most_inside.load(), concurrent);
    EXPECT_EQ(shared.bulkhead.in_use(), 0U);
    EXPECT_EQ(shared.bulkhead.waiting(), 0U);
    EXPECT_EQ(shared.written_inside_one, (loops + blocking) * calls);
    EXPECT_EQ(shared.one.in_use(), 0U);
    RecordProperty("entered", all.entered);
    RecordProperty("refused", all.refused);
    RecordProperty("cancelled", all.cancelled);
}

}  // namespace
}  // namespace outrigger::resilience
