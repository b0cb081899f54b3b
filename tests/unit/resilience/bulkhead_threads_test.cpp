// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/bulkhead.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/task.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

// Eight threads with a loop each and one bulkhead. Each loop's time is its own and moves as fast as the thread runs,
// so that waits run out, and are cancelled, while slots are on their way.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr int threads = 8;
constexpr int callers = 6;      // of each thread at once
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
};

class Thread {
public:
    Thread(Shared& shared, int number) : shared_{shared}, rng_{seed + static_cast<std::uint64_t>(number)} {}

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
            ++(slot.error().reason == Reason::caller_left ? tally.cancelled : tally.refused);
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

TEST(Bulkhead, keeps_its_word_between_eight_threads_with_a_loop_each) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Shared shared;
    std::deque<Thread> each;
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) each.emplace_back(shared, i);
    for (Thread& thread : each) running.emplace_back([&thread] { thread.run(); });
    for (std::thread& thread : running) thread.join();

    Tally all;
    for (const Thread& thread : each) {
        all.entered += thread.tally.entered;
        all.refused += thread.tally.refused;
        all.cancelled += thread.tally.cancelled;
    }
    EXPECT_EQ(all.entered + all.refused + all.cancelled, threads * callers * calls);
    EXPECT_GT(all.entered, 0);
    EXPECT_EQ(shared.bulkhead.refused(), static_cast<std::uint64_t>(all.refused));
    EXPECT_LE(shared.most_inside.load(), concurrent);
    EXPECT_EQ(shared.bulkhead.in_use(), 0U);
    EXPECT_EQ(shared.bulkhead.waiting(), 0U);
    EXPECT_EQ(shared.written_inside_one, threads * calls);
    EXPECT_EQ(shared.one.in_use(), 0U);
    RecordProperty("entered", all.entered);
    RecordProperty("refused", all.refused);
    RecordProperty("cancelled", all.cancelled);
}

}  // namespace
}  // namespace outrigger::resilience
