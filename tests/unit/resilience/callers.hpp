// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/cancel.hpp>
#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/resilience/bulkhead.hpp>

#include <optional>

namespace outrigger::resilience {

// One who wants in, and what came of it.
struct Guest {
    Cancel cancel;
    std::optional<Result<Slot>> entered;
    int times = 0;

    [[nodiscard]] bool decided() const { return entered.has_value(); }
    [[nodiscard]] bool inside() const { return entered && *entered && (**entered).held(); }
    [[nodiscard]] Fault fault() const { return entered && !*entered ? entered->error() : Fault{}; }
    void leave() { (**entered).leave(); }
};

inline Task<void> enter(ConcurrencyLimiter& bulkhead, Scheduler& scheduler, Wait wait, Guest& guest) {
    guest.entered.emplace(co_await bulkhead.enter(scheduler, wait));
    ++guest.times;
}

}  // namespace outrigger::resilience
