// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>

#include <atomic>

namespace outrigger::health {

// A worker's sign of life. The worker beats on its own thread, also when it has nothing to do (an event loop
// that may sleep needs a timer for it); anyone may ask how long it has been silent. Wait-free.
class Heartbeat {
public:
    explicit Heartbeat(Instant now) noexcept : last_{now.time_since_epoch().count()} {}

    void beat(Instant now) noexcept {
        last_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }

    // Zero if it beat "after" now: two threads read their clocks in any order.
    [[nodiscard]] Duration silence(Instant now) const noexcept {
        const Duration since = now.time_since_epoch() - Duration{last_.load(std::memory_order_relaxed)};
        return since < Duration::zero() ? Duration::zero() : since;
    }

private:
    std::atomic<Duration::rep> last_;
};

}  // namespace outrigger::health
