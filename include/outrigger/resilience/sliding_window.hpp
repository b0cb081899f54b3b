// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include <outrigger/core/clock.hpp>

namespace outrigger::resilience {

// At most `calls` in any time of the window's length: exactly (no bucket's edge lets twice as many pass), up to the
// resolution of 16 ns, and whatever the order in which threads with slightly different `now` come. The price is a word
// for each call of a window, allocated at the start.
//
// The log of the last `calls` admitted instants, in a ring: the oldest of them says whether another call may come. The
// instants of one place of the ring are at least a window apart, and so no window has two of the same place: that is why
// there are never more, whatever threads do at the same time.
// Lock-free: two compare-and-swaps for a call that is admitted, none for one that is not. Thread-safe.
// A clock that stands still admits `calls` and no more; one that jumps finds an empty window, and goes on from there.
class SlidingWindow {
public:
    // `calls` is not 0; the window is from 1us to 30 days.
    SlidingWindow(std::uint32_t calls, Duration window)
        : calls_{calls}, window_{units_up(window)}, log_{new std::atomic<Entry>[calls]} {
        for (std::uint32_t i = 0; i < calls; ++i) log_[i].store(0, std::memory_order_relaxed);
    }

    // Zero: the call was counted. Else it was not, and so long it takes until one may come, if no other comes first.
    [[nodiscard]] Duration take(Instant now) noexcept {
        const Units looked_at = units_down(now.time_since_epoch());
        for (;;) {
            // Acquire: what the log holds is at least as new as `next`. The second look: it was the oldest indeed.
            const Place next = next_.load(std::memory_order_acquire);
            std::atomic<Entry>& oldest = log_[index(next)];
            Entry entry = oldest.load(std::memory_order_acquire);
            if (next_.load(std::memory_order_acquire) != next) continue;
            if (lap(entry) == lap_of(next)) {   // written by another thread, who has not moved on yet
                move_on(next);
                continue;
            }
            const Units free_at = instant(entry) == 0 ? 0 : instant(entry) + window_;
            if (free_at > looked_at)
                return Duration{static_cast<Duration::rep>((free_at - looked_at) << unit_bits)};
            const Units mine = std::max(units_up(now.time_since_epoch()), Units{1});
            if (!oldest.compare_exchange_strong(entry, mine << lap_bits | lap_of(next),
                                                std::memory_order_acq_rel, std::memory_order_relaxed))
                continue;
            move_on(next);
            return Duration::zero();
        }
    }

private:
    using Units = std::uint64_t;   // of 16 ns: 56 bits of them tell the instants of 36 years apart
    static constexpr unsigned unit_bits = 4;
    static constexpr Units last_unit = (Units{1} << 55U) - 1;
    // An instant (0: none yet), and in the lowest bits the lap of the ring in which it was written: so that nobody takes
    // for the oldest what another thread has just written.
    using Entry = std::uint64_t;
    static constexpr unsigned lap_bits = 8;
    static constexpr std::uint64_t lap_mask = (1U << lap_bits) - 1;
    // Where the next call is entered: a lap, beginning with 1, in the upper half, and an index in the lower one.
    using Place = std::uint64_t;
    static constexpr unsigned index_bits = 32;

    [[nodiscard]] static constexpr Units units_down(Duration length) noexcept {
        return length.count() <= 0 ? 0 : std::min(static_cast<Units>(length.count()) >> unit_bits, last_unit);
    }
    [[nodiscard]] static constexpr Units units_up(Duration length) noexcept {
        return length.count() <= 0 ? 0 : std::min(units_down(length - Duration{1}) + 1, last_unit);
    }
    [[nodiscard]] static constexpr Units instant(Entry entry) noexcept { return entry >> lap_bits; }
    [[nodiscard]] static constexpr std::uint64_t lap(Entry entry) noexcept { return entry & lap_mask; }
    [[nodiscard]] static constexpr std::uint64_t lap_of(Place place) noexcept {
        return place >> index_bits & lap_mask;
    }
    [[nodiscard]] static constexpr std::uint32_t index(Place place) noexcept {
        return static_cast<std::uint32_t>(place);
    }
    void move_on(Place place) noexcept {
        const Place lap_begins = ((place >> index_bits) + 1) << index_bits;
        const Place then = index(place) + 1 == calls_ ? lap_begins : place + 1;
        next_.compare_exchange_strong(place, then, std::memory_order_acq_rel, std::memory_order_relaxed);
    }

    std::uint32_t calls_;
    Units window_;
    std::unique_ptr<std::atomic<Entry>[]> log_;
    std::atomic<Place> next_{Place{1} << index_bits};
};

}   // namespace outrigger::resilience
