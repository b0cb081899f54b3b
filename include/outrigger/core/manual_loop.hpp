// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/scheduler.hpp>

namespace outrigger {

// An event loop in manual time, for tests and simulations: nothing happens until run() or advance() is called.
// One thread; post() from any.
class ManualLoop final : public Executor {
public:
    [[nodiscard]] Scheduler& scheduler() noexcept { return scheduler_; }
    [[nodiscard]] ManualClock& clock() noexcept { return clock_; }

    void post(Job& job) noexcept override {
        const std::scoped_lock lock{mutex_};
        posted_.push(job);
    }

    // Runs until nothing is ready at this instant.
    void run() {
        do {
            take_posted();
            scheduler_.refresh();
            scheduler_.turn();
        } while (scheduler_.has_ready() || has_posted());
    }

    // Moves time by `length`, stopping at every instant at which a timer may fire.
    void advance(Duration length) {
        const Instant end = clock_.now() + length;
        run();
        for (Instant next = scheduler_.timers().next(); next <= end; next = scheduler_.timers().next()) {
            if (next > clock_.now()) clock_.advance(next - clock_.now());
            run();
        }
        clock_.advance(end - clock_.now());
        run();
    }

private:
    bool has_posted() {
        const std::scoped_lock lock{mutex_};
        return !posted_.empty();
    }
    void take_posted() {
        JobQueue batch;
        {
            const std::scoped_lock lock{mutex_};
            batch.take(posted_);
        }
        while (Job* job = batch.pop()) scheduler_.ready(*job);
    }

    ManualClock clock_;
    Scheduler scheduler_{clock_, *this};
    std::mutex mutex_;
    JobQueue posted_;
};

}  // namespace outrigger
