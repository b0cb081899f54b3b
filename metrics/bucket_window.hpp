// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/thread_cells.hpp>
#include "exponential.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace outrigger::metrics {

// One thread's exponential buckets of one series and sign: a window of `size` neighbouring buckets, a ring by the
// bucket's index. When a value falls outside, the window moves; when what is there would no longer fit, the
// resolution is halved (widening) until it does. One thread writes; any thread reads at any time: it reads again if
// the window moved meanwhile, which happens a bounded number of times in a window's life.
class BucketWindow {
public:
    static constexpr std::uint32_t size_min = 256;    // at the coarsest schema all values fit: 133 buckets
    static constexpr std::uint32_t size_max = 1024;

    // `size` is a power of two from size_min to size_max. Throws std::bad_alloc.
    BucketWindow(int schema, std::uint32_t size) : size_{size}, schema_{schema}, counts_{new Cell[size]{}} {}

    // The value's bucket at schema 8.
    void add(std::int32_t finest) noexcept {
        const int schema = schema_.load(std::memory_order_relaxed);
        const std::int32_t index = coarser(finest, schema_finest - schema);
        const auto place = static_cast<std::uint32_t>(index - first_.load(std::memory_order_relaxed));
        if (place < size_) [[likely]]
            return count(index);
        make_room(finest);
    }

    [[nodiscard]] ExponentialCounts read() const;

private:
    [[nodiscard]] Cell& cell(std::int32_t index) const noexcept {
        return counts_[static_cast<std::uint32_t>(index) & (size_ - 1)];
    }
    // Release, as all stores here: a reader that sees it sees the version from before it.
    void count(std::int32_t index, std::uint64_t by = 1) noexcept {
        Cell& mine = cell(index);
        mine.store(mine.load(std::memory_order_relaxed) + by, std::memory_order_release);
    }
    void make_room(std::int32_t finest) noexcept;
    [[nodiscard]] bool try_read(ExponentialCounts& counts) const;

    static constexpr std::int32_t nowhere = std::int32_t{1} << 30;   // no bucket is near: the first value moves it

    const std::uint32_t size_;
    std::atomic<std::uint32_t> version_{0};   // odd: being moved
    std::atomic<int> schema_;
    std::atomic<std::int32_t> first_{nowhere};   // the window's lowest bucket
    std::unique_ptr<Cell[]> counts_;
};

}  // namespace outrigger::metrics
