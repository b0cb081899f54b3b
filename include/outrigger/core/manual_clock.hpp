// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include <outrigger/core/clock.hpp>

namespace outrigger {

// Time that moves only when told to: for tests and simulations. It starts at one hour, so that "an hour ago" is
// representable. Thread-safe.
class ManualClock final : public Clock {
public:
    [[nodiscard]] Instant now() const noexcept override {
        return Instant{Duration{elapsed_.load(std::memory_order_acquire)}};
    }
    [[nodiscard]] WallTime wall() const noexcept override {
        return WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}} + now().time_since_epoch();
    }
    void advance(Duration length) noexcept { elapsed_.fetch_add(length.count(), std::memory_order_acq_rel); }

private:
    std::atomic<Duration::rep> elapsed_{Duration{std::chrono::hours{1}}.count()};
};

}  // namespace outrigger
