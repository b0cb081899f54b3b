// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace outrigger {

// A length of time. Never a bare number: write 250ms, 2s.
using Duration = std::chrono::nanoseconds;

// Marks instants on the monotonic time line. It has no now() on purpose: only a Clock tells the time.
struct Monotonic {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Monotonic>;
    static constexpr bool is_steady = true;
};

// A point on the monotonic time line of this process: for deadlines, durations, windows. Never printed as a date.
using Instant = Monotonic::time_point;

// A point in civil time (UTC): for log records and documents. It may jump; never compute with it.
using WallTime = std::chrono::sys_time<Duration>;

// The deadline that never comes.
inline constexpr Instant never = Instant::max();

// `now + length`, saturating at `never`, so that "a deadline in 300 years" does not become one in the past.
[[nodiscard]] constexpr Instant after(Instant now, Duration length) noexcept {
    return now > Instant{} && length >= never - now ? never : now + length;
}

// The door to time. Decisions take an Instant as an argument; only drivers (event loop, blocking calls) hold a Clock.
// Both functions may be called from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const noexcept = 0;
    [[nodiscard]] virtual WallTime wall() const noexcept = 0;
};

// The machine's clocks: CLOCK_MONOTONIC and CLOCK_REALTIME.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const noexcept override {
        return Instant{std::chrono::steady_clock::now().time_since_epoch()};
    }
    [[nodiscard]] WallTime wall() const noexcept override { return std::chrono::system_clock::now(); }
};

}  // namespace outrigger
