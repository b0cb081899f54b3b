// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/bulkhead.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/rng.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "callers.hpp"
#include "stepped_thread.hpp"

// Random interleavings of several loops and of threads that block, in manual time: a slot that is on its way to a loop
// or a thread stays so until that one runs, while callers come, leave, give up and run out of time everywhere else.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Fault left{Reason::caller_left, "gone"};
constexpr std::size_t loops = 3;

// A caller of a loop, or one with a thread of its own.
struct Caller : Guest {
    std::stop_source stop;
    std::unique_ptr<SteppedThread> thread;   // null: it is a loop's

    void give_up() {
        cancel.cancel(left);
        stop.request_stop();
    }
    void run() {
        if (thread) thread->run();
    }
};

class Interleaving {
public:
    Interleaving(std::uint64_t seed, bool with_threads)
        : rng_{seed},
          with_threads_{with_threads},
          bulkhead_{{.concurrent = static_cast<std::uint32_t>(1 + rng_.below(4)),
                     .queue = static_cast<std::uint32_t>(rng_.below(8)),
                     .wait = Duration{static_cast<int>(1 + rng_.below(60))}}} {}

    void run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
            step();
            EXPECT_LE(inside(), concurrent()) << "step " << i;
            EXPECT_LE(bulkhead_.in_use(), concurrent()) << "step " << i;
            EXPECT_LE(bulkhead_.waiting(), bulkhead_.settings().queue) << "step " << i;
            if (rng_.below(4) == 0) check_at_rest(i);
        }
        finish();
    }

private:
    [[nodiscard]] std::uint32_t concurrent() const { return *bulkhead_.settings().concurrent; }
    [[nodiscard]] std::uint32_t inside() const {
        return static_cast<std::uint32_t>(
            std::count_if(guests_.begin(), guests_.end(), std::mem_fn(&Caller::inside)));
    }
    ManualLoop& any_loop() { return loops_[rng_.below(loops)]; }

    void step() {
        switch (rng_.below(7)) {
            case 0:
            case 1: return arrive();
            case 2: return leave();
            case 3: return give_up();
            case 4: return any_loop().run();
            case 5: return run_any_thread();
            default: return any_loop().advance(Duration{static_cast<int>(rng_.below(20))});
        }
    }
    void arrive() {
        ManualLoop& loop = any_loop();
        Caller& caller = guests_.emplace_back();
        const Instant deadline =
            rng_.below(2) ? never : loop.clock().now() + Duration{static_cast<int>(rng_.below(80))};
        if (with_threads_ && rng_.below(2)) return block(caller, loop.clock(), deadline);
        tasks_.spawn(enter(bulkhead_, loop.scheduler(), {deadline, &caller.cancel, Reason::timeout}, caller));
    }
    void block(Caller& caller, const Clock& time, Instant deadline) {
        caller.thread =
            std::make_unique<SteppedThread>(time, [this, &caller, deadline](BlockingClock& clock) {
                caller.entered.emplace(bulkhead_.enter(clock, deadline, caller.stop.get_token()));
                ++caller.times;
            });
    }
    void leave() {
        for (std::size_t tries = guests_.size(), at = rng_.below(guests_.size()); tries > 0; --tries, ++at) {
            Caller& caller = guests_[at % guests_.size()];
            if (caller.inside()) return caller.leave();
        }
    }
    void give_up() {
        if (!guests_.empty()) guests_[rng_.below(guests_.size())].give_up();
    }
    void run_any_thread() {
        if (!guests_.empty()) guests_[rng_.below(guests_.size())].run();
    }

    // Nothing is on its way any more: then the longest waiters have the slots, and none is idle while one waits.
    void check_at_rest(int step) {
        for (int round = 0; round < 20; ++round) {   // what one passes on may go to another, and so on
            for (ManualLoop& loop : loops_) loop.run();
            for (Caller& caller : guests_) caller.run();
        }
        EXPECT_EQ(bulkhead_.in_use(), inside())
            << "step " << step << ": a slot got lost, or there is one too many";
        const auto waiting =
            std::count_if(guests_.begin(), guests_.end(), [](const Caller& c) { return !c.decided(); });
        EXPECT_EQ(bulkhead_.waiting(), static_cast<std::uint32_t>(waiting)) << "step " << step;
        if (waiting > 0) {
            EXPECT_EQ(inside(), concurrent()) << "step " << step << ": one waits beside a free slot";
        }
        bool someone_waits = false;
        std::uint64_t refused = 0;
        for (const Caller& guest : guests_) {
            EXPECT_EQ(guest.times, guest.decided() ? 1 : 0) << "step " << step;
            EXPECT_FALSE(guest.inside() && someone_waits)
                << "step " << step << ": it overtook an earlier one";
            someone_waits = someone_waits || !guest.decided();
            refused += guest.fault().reason == Reason::concurrency_limited ? 1U : 0U;
        }
        EXPECT_EQ(bulkhead_.refused(), refused) << "step " << step;
    }

    // However it went, all slots are there again.
    void finish() {
        for (Caller& guest : guests_) guest.give_up();
        check_at_rest(-1);
        for (Caller& guest : guests_)
            if (guest.inside()) guest.leave();
        EXPECT_EQ(tasks_.running(), 0U);
        EXPECT_EQ(bulkhead_.in_use(), 0U);
        std::deque<Result<Slot>> all;
        for (std::uint32_t i = 0; i < concurrent(); ++i) EXPECT_TRUE(all.emplace_back(bulkhead_.try_enter()));
        EXPECT_FALSE(bulkhead_.try_enter());
    }

    Rng rng_;
    bool with_threads_;
    std::array<ManualLoop, loops> loops_;
    ConcurrencyLimiter bulkhead_;
    std::deque<Caller> guests_;   // in the order in which they came
    TaskGroup tasks_;
};

TEST(Bulkhead, under_any_interleaving_admits_in_order_never_too_many_and_loses_no_slot) {
    for (std::uint64_t seed = 1; seed <= 400 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Interleaving{seed, false}.run(120);
    }
}

TEST(Bulkhead, does_so_too_where_threads_block_beside_the_loops) {
    for (std::uint64_t seed = 1; seed <= 60 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Interleaving{seed, true}.run(120);
    }
}

}   // namespace
}   // namespace outrigger::resilience
