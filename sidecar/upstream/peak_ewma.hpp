// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>

#include <outrigger/core/clock.hpp>

namespace outrigger::upstream {

// How long an endpoint's replies took lately: an average that jumps up to every peak at once and forgets it
// exponentially, so that a slow endpoint is left after its first slow reply and tried again little by little.
// "Peak EWMA", as Twitter's Finagle has it (com.twitter.finagle.loadbalancer.PeakEwma) and Linkerd after it: for a reply
// that took t, dt after the last one,
//     w = exp(-dt / decay);  estimate := t >= estimate x w ? t : estimate x w + t x (1 - w)
//
// Thread-safe and lock-free: the workers share it, so that one slow reply is known to all. Estimate and time are one
// word, read and written relaxed: it guards nothing but itself.
class PeakEwma {
public:
    static constexpr Duration decay = std::chrono::seconds{10};   // Finagle's default

    void observe(Duration took, Instant now) noexcept {
        const double seconds = std::chrono::duration<double>{took}.count();
        std::uint64_t old = word_.load(std::memory_order_relaxed);
        while (true) {
            const double kept = weight(old, now);
            const double decayed = estimate_of(old) * kept;
            if (old != nothing && seconds < decayed && kept == 1.0) return;   // at the same moment: weighs nothing
            const double next = seconds >= decayed ? seconds : decayed + seconds * (1.0 - kept);
            if (word_.compare_exchange_weak(old, pack(static_cast<float>(next), now), std::memory_order_relaxed)) return;
        }
    }

    // In seconds, decayed to `now`; zero: no reply has been seen, or not for long.
    [[nodiscard]] double estimate(Instant now) const noexcept {
        const std::uint64_t word = word_.load(std::memory_order_relaxed);
        return word == nothing ? 0.0 : estimate_of(word) * weight(word, now);
    }

private:
    static constexpr std::uint64_t nothing = 0;
    // Time in steps of 16 us, of which 32 bits tell 9 hours before from 9 hours after: one that was idle for longer may
    // look as if it had not been, which the next reply corrects.
    static constexpr unsigned step_bits = 14;
    static constexpr double steps_per_decay = static_cast<double>(decay.count() >> step_bits);

    static std::uint32_t stamp(Instant now) noexcept {
        return static_cast<std::uint32_t>(now.time_since_epoch().count() >> step_bits);
    }
    static std::uint64_t pack(float seconds, Instant now) noexcept {
        return (std::uint64_t{std::bit_cast<std::uint32_t>(seconds)} << 32U) | stamp(now);
    }
    static double estimate_of(std::uint64_t word) noexcept {
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(word >> 32U)));
    }
    static double weight(std::uint64_t word, Instant now) noexcept {
        const auto steps = static_cast<std::int32_t>(stamp(now) - static_cast<std::uint32_t>(word));
        return steps <= 0 ? 1.0 : std::exp(-steps / steps_per_decay);   // another worker's clock may be a turn ahead
    }

    std::atomic<std::uint64_t> word_{nothing};   // seconds as a float above the stamp
};

}   // namespace outrigger::upstream
