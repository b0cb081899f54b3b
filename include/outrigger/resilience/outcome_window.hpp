// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include <outrigger/core/clock.hpp>

// What a breaker remembers of the calls that ended: by time, or the last so many. Both are thread-safe, and adding to
// them takes no lock; neither knows a threshold.
namespace outrigger::resilience {

// Calls that ended, and how many of them failed or were slow (one may be both).
struct Tally {
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
    std::uint64_t slow = 0;

    friend bool operator==(const Tally&, const Tally&) = default;
};

namespace detail {

// Three counts in one word, so that one atomic operation keeps them together: failures and slow calls are calls, so no
// field can grow beyond `calls`, which stays below 2^21.
struct PackedTally {
    static constexpr unsigned failures_at = 22;
    static constexpr unsigned slow_at = 43;
    static constexpr std::uint64_t calls_mask = (std::uint64_t{1} << failures_at) - 1;
    static constexpr std::uint64_t field_mask = (std::uint64_t{1} << 21U) - 1;

    [[nodiscard]] static constexpr std::uint64_t pack(const Tally& tally) noexcept {
        return tally.calls | tally.failures << failures_at | tally.slow << slow_at;
    }
    [[nodiscard]] static constexpr Tally unpack(std::uint64_t word) noexcept {
        return {word & calls_mask, word >> failures_at & field_mask, word >> slow_at};
    }
    [[nodiscard]] static constexpr std::uint64_t one(bool failure, bool slow) noexcept {
        return 1U | std::uint64_t{failure} << failures_at | std::uint64_t{slow} << slow_at;
    }
};

}  // namespace detail

// The calls of the last `length`, in ten buckets: the oldest call that counts is between nine and ten tenths of the
// length old. A thread whose `now` lies behind counts in the newest bucket. A clock that stands still only keeps what is
// there; one that jumps forward by more than the length empties the window.
//
// A bucket holds 2^20 calls; then its three counts are halved: shares stay as they are.
class TimeWindow {
public:
    static constexpr std::size_t buckets = 10;

    explicit TimeWindow(Duration length) noexcept
        : width_{std::max(Duration{1}, length / static_cast<Duration::rep>(buckets))} {}

    // Counts a call, and says what the window then held: exact but for what other threads do at the same instant.
    Tally add(bool failure, bool slow, Instant now) noexcept {
        if (now.time_since_epoch().count() >= next_.load(std::memory_order_relaxed)) rotate(now);
        const std::uint64_t one = detail::PackedTally::one(failure, slow);
        // Acquire: the bucket was emptied before it became the newest one.
        std::atomic<std::uint64_t>& newest = counts_[newest_.load(std::memory_order_acquire)];
        const Tally here = detail::PackedTally::unpack(newest.fetch_add(one, std::memory_order_relaxed) + one);
        if (here.calls >= full) [[unlikely]] halve(newest);
        return {here.calls + older_calls_.load(std::memory_order_relaxed),
                here.failures + older_failures_.load(std::memory_order_relaxed),
                here.slow + older_slow_.load(std::memory_order_relaxed)};
    }

    // What it holds at this instant.
    [[nodiscard]] Tally total(Instant now) noexcept;
    // Empty from now on.
    void clear(Instant now) noexcept;

private:
    static constexpr std::uint64_t full = std::uint64_t{1} << 20U;

    // Whoever finds the newest bucket too old begins the next one; the others, who do not wait for that, still count
    // in the old one (and are lost with it if all of the window is too old).
    void rotate(Instant now) noexcept;
    void advance(Instant now) noexcept;
    static void halve(std::atomic<std::uint64_t>& bucket) noexcept;
    [[nodiscard]] Tally sum() const noexcept;

    const Duration width_;
    // Changed under the mutex, once per bucket; read by everybody.
    std::atomic<Duration::rep> next_{Duration::min().count()};   // when the newest bucket ends
    std::atomic<std::size_t> newest_{0};
    std::atomic<std::uint64_t> older_calls_{0};
    std::atomic<std::uint64_t> older_failures_{0};
    std::atomic<std::uint64_t> older_slow_{0};
    alignas(64) std::array<std::atomic<std::uint64_t>, buckets> counts_{};   // away from what is only read
    std::mutex mutex_;
};

// The last `size` calls, exactly, in a byte each. While threads add at the same instant the sum may hold one call more
// for each of them, never one less.
class CountWindow {
public:
    // Allocates; from 1 to 100,000 calls.
    explicit CountWindow(std::size_t size) : ring_(size) {}

    Tally add(bool failure, bool slow) noexcept {
        const auto code = static_cast<std::uint8_t>(1U | (failure ? 2U : 0U) | (slow ? 4U : 0U));
        std::atomic<std::uint8_t>& place = ring_[next_.fetch_add(1, std::memory_order_relaxed) % ring_.size()];
        // Mostly a success takes the place of one: then there is nothing to write, and threads share what they read.
        if (place.load(std::memory_order_relaxed) == code) return total();
        // Into the sum before it stands in the ring, where another thread may replace it at once: otherwise that one
        // would take away what is not there yet, and the counts would run over into each other. Acquire and release: so
        // that this order holds for whoever finds it there.
        total_.fetch_add(pack(code), std::memory_order_relaxed);
        const std::uint64_t gone = pack(place.exchange(code, std::memory_order_acq_rel));
        return detail::PackedTally::unpack(total_.fetch_sub(gone, std::memory_order_relaxed) - gone);
    }
    [[nodiscard]] Tally total() const noexcept {
        return detail::PackedTally::unpack(total_.load(std::memory_order_relaxed));
    }
    void clear() noexcept {
        for (std::atomic<std::uint8_t>& place : ring_)
            total_.fetch_sub(pack(place.exchange(0, std::memory_order_acquire)), std::memory_order_relaxed);
    }

private:
    [[nodiscard]] static constexpr std::uint64_t pack(std::uint8_t code) noexcept {
        return code == 0 ? 0 : detail::PackedTally::one((code & 2U) != 0, (code & 4U) != 0);
    }

    std::vector<std::atomic<std::uint8_t>> ring_;
    alignas(64) std::atomic<std::uint64_t> next_{0};
    std::atomic<std::uint64_t> total_{0};
};

}  // namespace outrigger::resilience
