// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include <outrigger/core/clock.hpp>

namespace outrigger {

// What one thread waits for and another one does, once: it stays raised. Made on the waiting thread's stack; whoever
// raises it touches it no more once the waiter can have seen it, so that it may end right after the wait. Thread-safe.
class Signal {
public:
    Signal() = default;
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    void raise() noexcept {
        const std::scoped_lock lock{mutex_};
        raised_ = true;
        changed_.notify_all();   // under the mutex: after it the signal may be gone
    }
    [[nodiscard]] bool raised() const noexcept {
        const std::scoped_lock lock{mutex_};
        return raised_;
    }

private:
    friend class SystemBlockingClock;   // the one who really blocks
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool raised_ = false;
};

// How a wait ended. If more than one is true at its end, the first of this order is told.
enum class Woken : std::uint8_t {
    stopped,   // the token was stopped: a caller who has left must not go on just because he may
    raised,    // the signal
    due,       // the instant came
};

// A clock that a blocking driver tells the time with and waits by: SystemBlockingClock (system_blocking_clock.hpp), or
// ManualBlockingClock in tests. All functions may be called from any thread, if the implementation does not say less.
class BlockingClock : public Clock {
public:
    // Blocks the calling thread until the signal is raised, `until` has come or the token is stopped. Never early.
    [[nodiscard]] virtual Woken wait(Signal& signal, Instant until, const std::stop_token& stop) noexcept = 0;

    // False: stopped before `until` came.
    [[nodiscard]] bool pause(Instant until, const std::stop_token& stop) noexcept {
        Signal nobody_raises_it;
        return wait(nobody_raises_it, until, stop) == Woken::due;
    }
};

}   // namespace outrigger
