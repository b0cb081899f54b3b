// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <stop_token>

#include <outrigger/core/blocking.hpp>

namespace outrigger {

// The machine's clocks, and waits that block the thread in the kernel. Nothing is allocated. Thread-safe.
class SystemBlockingClock final : public BlockingClock {
public:
    [[nodiscard]] Instant now() const noexcept override { return clock_.now(); }
    [[nodiscard]] WallTime wall() const noexcept override { return clock_.wall(); }

    [[nodiscard]] Woken wait(Signal& signal, Instant until, const std::stop_token& stop) noexcept override {
        // Made before the lock and ended after it: it may call at once, and its end waits for a call in progress. Under
        // the mutex the waiter is before its look at the token, or asleep: so it does not miss the call.
        const auto wake = [&signal]() noexcept {
            const std::scoped_lock lock{signal.mutex_};
            signal.changed_.notify_all();
        };
        const std::stop_callback wakes{stop, wake};
        std::unique_lock lock{signal.mutex_};
        for (;;) {
            if (stop.stop_requested()) return Woken::stopped;
            if (signal.raised_) return Woken::raised;
            if (until == never)
                signal.changed_.wait(lock);
            else if (now() >= until)
                return Woken::due;
            else
                signal.changed_.wait_until(lock,
                                           std::chrono::steady_clock::time_point{until.time_since_epoch()});
        }
    }

private:
    SystemClock clock_;
};

}   // namespace outrigger
