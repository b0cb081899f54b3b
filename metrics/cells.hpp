// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

// Cells that one thread writes and any thread reads. With a single writer a relaxed load and a relaxed store
// are enough to add: no lock prefix, no contended cache line. A reader may see one cell newer than another.
namespace outrigger::metrics {

// Adds to a value that only the calling thread changes.
template <class T>
void add(std::atomic<T>& cell, T amount, std::memory_order order = std::memory_order_relaxed) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + amount, order);
}

// What readers sum up. `counts` are per bucket, not cumulative; the last one is the +Inf bucket.
template <std::size_t Bounds>
struct HistogramTotal {
    std::array<std::uint64_t, Bounds + 1> counts{};
    double sum = 0.0;  // in the unit of the observed integers

    [[nodiscard]] std::uint64_t count() const noexcept {
        std::uint64_t all = 0;
        for (const auto one : counts) all += one;
        return all;
    }
    void add(const HistogramTotal& more) noexcept {
        for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += more.counts[i];
        sum += more.sum;
    }
};

// A histogram with fixed bounds over whole numbers (nanoseconds, bytes). The number of observations is the
// sum of the buckets by construction, so that `_count` and the +Inf bucket can never disagree.
template <std::size_t Bounds>
class HistogramCell {
public:
    // Returns the bucket: 0 up to Bounds.
    std::size_t observe(const std::array<std::uint64_t, Bounds>& bounds, std::uint64_t value) noexcept {
        const std::size_t found = bucket(bounds, value);
        observe_in(found, value);
        return found;
    }
    // The same where the caller knows the bucket: 0 up to Bounds, the last one.
    void observe_in(std::size_t bucket, std::uint64_t value) noexcept {
        add<std::uint64_t>(counts_[bucket], 1);
        add(sum_, static_cast<double>(value));
    }

    void add_to(HistogramTotal<Bounds>& total) const noexcept {
        for (std::size_t i = 0; i < counts_.size(); ++i)
            total.counts[i] += counts_[i].load(std::memory_order_relaxed);
        total.sum += sum_.load(std::memory_order_relaxed);
    }

private:
    // The half where the bucket is, then counting: no branch and no loop, which beats a binary search at this size.
    static std::size_t bucket(const std::array<std::uint64_t, Bounds>& bounds, std::uint64_t value) noexcept {
        constexpr std::size_t half = Bounds / 2;   // of an odd number the upper half is the larger one
        const std::size_t from = half > 0 && value > bounds[half - (half > 0)] ? half : 0;
        return from + below(bounds.data() + from, value, std::make_index_sequence<Bounds - half>{});
    }
    template <std::size_t... Index>
    static std::size_t below(const std::uint64_t* bounds, std::uint64_t value, std::index_sequence<Index...>) noexcept {
        return (std::size_t{value > bounds[Index]} + ...);
    }

    std::array<std::atomic<std::uint64_t>, Bounds + 1> counts_{};
    std::atomic<double> sum_{0.0};
};

// How many are running: begun minus ended. Two counters that only rise, so that a reader can look at the
// ended ones first and never finds fewer begun than ended.
class ActiveCell {
public:
    void begin() noexcept { add<std::uint64_t>(begun_, 1); }
    // Release: whoever sees this end also sees its beginning.
    void end() noexcept { add<std::uint64_t>(ended_, 1, std::memory_order_release); }

    struct Total {
        std::uint64_t begun = 0;
        std::uint64_t active = 0;
    };
    void add_to(Total& total) const noexcept {
        const auto ended = ended_.load(std::memory_order_acquire);
        const auto begun = begun_.load(std::memory_order_relaxed);
        total.begun += begun;
        total.active += begun - ended;
    }

private:
    std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> ended_{0};
};

}  // namespace outrigger::metrics
