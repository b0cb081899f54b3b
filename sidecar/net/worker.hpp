// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/scheduler.hpp>

#include "sidecar/net/arena.hpp"

namespace outrigger::net {

// What belongs to one event loop's thread and to nobody else. Never thread_local: it is handed on as an argument.
struct Worker {
    Scheduler& scheduler;
    Rng rng;
    PagePool pages;
    Scratch scratch;   // only inside functions that are no coroutines

    // The time of day, read once for all that happens "at once", as scheduler.now() is.
    [[nodiscard]] WallTime wall() noexcept {
        if (wall_of != scheduler.now()) {
            wall_of = scheduler.now();
            wall_time = scheduler.clock().wall();
        }
        return wall_time;
    }
    Instant wall_of = never;
    WallTime wall_time = {};
};

}  // namespace outrigger::net
