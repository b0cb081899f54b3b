// SPDX-License-Identifier: Apache-2.0
#include "bucket_window.hpp"

#include <algorithm>
#include <array>
#include <thread>

namespace outrigger::metrics {

void BucketWindow::make_room(std::int32_t finest) noexcept {
    const int schema = schema_.load(std::memory_order_relaxed);
    const std::int32_t first = first_.load(std::memory_order_relaxed);
    std::array<std::uint64_t, size_max> old;   // by place in the window
    std::int32_t low = coarser(finest, schema_finest - schema);
    std::int32_t high = low;
    for (std::uint32_t place = 0; place < size_; ++place) {
        const std::int32_t index = first + static_cast<std::int32_t>(place);
        old[place] = cell(index).load(std::memory_order_relaxed);
        if (old[place] == 0) continue;
        low = std::min(low, index);
        high = std::max(high, index);
    }
    const auto size = static_cast<std::int32_t>(size_);
    int steps = 0;   // ends: at the coarsest schema everything fits
    while (coarser(high, steps) - coarser(low, steps) >= size) ++steps;
    low = coarser(low, steps);
    high = coarser(high, steps);

    const std::uint32_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    schema_.store(schema - steps, std::memory_order_release);
    first_.store(low - (size - 1 - (high - low)) / 2, std::memory_order_release);   // room on both sides
    if (steps != 0) {   // else every bucket keeps its place in the ring
        for (std::uint32_t place = 0; place < size_; ++place) counts_[place].store(0, std::memory_order_release);
        for (std::uint32_t place = 0; place < size_; ++place)
            if (old[place] != 0) count(coarser(first + static_cast<std::int32_t>(place), steps), old[place]);
    }
    version_.store(version + 2, std::memory_order_release);
    count(coarser(finest, schema_finest - schema + steps));
}

ExponentialCounts BucketWindow::read() const {
    ExponentialCounts counts;
    while (!try_read(counts)) std::this_thread::yield();
    return counts;
}

// Acquire: whoever sees a store of a move sees that the version is another one.
bool BucketWindow::try_read(ExponentialCounts& counts) const {
    const std::uint32_t version = version_.load(std::memory_order_acquire);
    if (version % 2 != 0) return false;
    counts.schema = schema_.load(std::memory_order_acquire);
    counts.buckets.clear();
    const std::int32_t first = first_.load(std::memory_order_acquire);
    for (std::uint32_t place = 0; place < size_; ++place) {
        const std::int32_t index = first + static_cast<std::int32_t>(place);
        if (const std::uint64_t count = cell(index).load(std::memory_order_acquire); count != 0)
            counts.buckets.emplace_back(index, count);
    }
    return version_.load(std::memory_order_relaxed) == version;
}

}  // namespace outrigger::metrics
