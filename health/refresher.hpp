// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/health/probe.hpp>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "refresh_plan.hpp"

namespace outrigger::health {

// Runs checks again and again: one thread that looks at the time, and a pool of at most `threads` that run the checks,
// each made when it is first needed. All functions may be called from any thread.
class Refresher {
public:
    struct Result {
        Outcome outcome;
        std::optional<Duration> took;
        bool stale = false;   // no result at all for too long
    };
    using Report = std::function<void(std::size_t check, Result result)>;
    // Passes a run to threads that are not ours; it must run once, or be destroyed.
    using Execute = std::function<void(std::function<void()> run)>;

    // `report` is called from the threads, for one check never twice at a time. `execute`: instead of the pool.
    Refresher(const Clock& clock, Rng rng, std::size_t threads, Report report, Execute execute = nullptr);
    // Waits for the runs in progress, having asked them to stop.
    ~Refresher();
    Refresher(const Refresher&) = delete;
    Refresher& operator=(const Refresher&) = delete;

    // The number that `report` gets is `check`.
    void add(std::size_t check, Indicator indicator, Timing timing);
    // Begins no run any more, asks those in progress to stop, and waits for them at most so long. Returns the checks
    // that still run. Nothing is reported any more.
    [[nodiscard]] std::vector<std::size_t> stop(Duration at_most);

private:
    class State;
    std::shared_ptr<State> state_;
};

}   // namespace outrigger::health
