// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

namespace outrigger::resilience {

// Calls at a rate, and up to `burst` of them at once after a quiet time: in any time T at most burst + rate x T are
// admitted, whatever the order in which threads with slightly different `now` come.
//
// The generic cell rate algorithm (ITU-T I.371): the only state is the instant at which the bucket will be full again.
// Lock-free: one word, one compare-and-swap for a call that is admitted, none for one that is not. Thread-safe.
// A clock that stands still admits the burst and no more; one that jumps finds a full bucket, and goes on from there.
class TokenBucket {
public:
    // Rates from one in 30 days to a million a second; burst / rate at most 30 days.
    TokenBucket(Rate rate, std::uint32_t burst) noexcept
        : interval_{static_cast<Ticks>(std::ceil(ticks_per_second / rate.per_second()))},
          full_{interval_ * burst} {}

    // Zero: a token was taken. Else none was, and so long it takes until one is there, if nobody else takes it.
    [[nodiscard]] Duration take(Instant now) noexcept {
        const Ticks instant = ticks(now);
        // Relaxed: the word guards nothing but itself.
        Ticks full_at = full_at_.load(std::memory_order_relaxed);
        for (;;) {
            const Ticks then = std::max(full_at, instant) + interval_;
            if (then > instant + full_) return duration(then - full_ - instant);
            if (full_at_.compare_exchange_weak(full_at, then, std::memory_order_relaxed))
                return Duration::zero();
        }
    }

private:
    // An eighth of a nanosecond, so that the rounding of the interval, upwards, costs less than 1 in 8000 even at a
    // million calls a second. Instants are told apart for 36 years.
    using Ticks = std::uint64_t;
    static constexpr unsigned fraction_bits = 3;
    static constexpr double ticks_per_second = 8e9;
    static constexpr Ticks last_instant = Ticks{1} << 63U;

    [[nodiscard]] static constexpr Ticks ticks(Instant now) noexcept {
        const auto count = now.time_since_epoch().count();
        if (count <= 0) return 0;
        return std::min(static_cast<Ticks>(count), last_instant >> fraction_bits) << fraction_bits;
    }
    [[nodiscard]] static constexpr Duration duration(Ticks length) noexcept {   // rounded up
        return Duration{
            static_cast<Duration::rep>((length + (Ticks{1} << fraction_bits) - 1) >> fraction_bits)};
    }

    Ticks interval_;   // between two tokens
    Ticks full_;       // from empty to full
    std::atomic<Ticks> full_at_{0};
};

}   // namespace outrigger::resilience
