// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace outrigger::metrics {

// Pointers in the order they came in. Adding and removing: one thread at a time, the caller's lock. Reading: at the
// same time and without that lock; who reads must be sure that what it meets is not destroyed meanwhile.
template <class T>
class PublishedList {
public:
    // Where it stands, for remove(). Throws std::bad_alloc.
    std::uint32_t add(T& item) {
        std::uint32_t place = size_.load(std::memory_order_relaxed);
        if (!holes_.empty()) {
            place = holes_.back();
            holes_.pop_back();
            entry(place).store(&item, std::memory_order_release);
            return place;
        }
        auto& segment = segments_[segment_of(place)];
        if (!segment) {
            const std::uint32_t more = first_segment << segment_of(place);
            holes_.reserve(place + more);   // so that remove() has the memory
            segment = std::make_unique<std::atomic<T*>[]>(more);
        }
        entry(place).store(&item, std::memory_order_relaxed);
        size_.store(place + 1, std::memory_order_release);
        return place;
    }

    void remove(std::uint32_t place) noexcept {
        entry(place).store(nullptr, std::memory_order_relaxed);
        holes_.push_back(place);
    }

    template <class Read>
    void each(Read&& read) const {
        for (std::uint32_t place = 0, end = size_.load(std::memory_order_acquire); place < end; ++place)
            if (T* item = entry(place).load(std::memory_order_acquire)) read(*item);
    }

    // Places, holes among them: at least as many as there are items.
    [[nodiscard]] std::size_t places() const noexcept { return size_.load(std::memory_order_relaxed); }

private:
    // Segment k has 64 * 2^k entries and begins at 64 * (2^k - 1); one that was made never moves.
    static constexpr std::uint32_t first_segment = 64;
    static constexpr std::size_t segment_of(std::uint32_t place) noexcept {
        return static_cast<std::size_t>(std::bit_width(place / first_segment + 1)) - 1;
    }
    std::atomic<T*>& entry(std::uint32_t place) const noexcept {
        const std::size_t segment = segment_of(place);
        return segments_[segment][place - first_segment * ((std::uint32_t{1} << segment) - 1)];
    }

    std::array<std::unique_ptr<std::atomic<T*>[]>, 25> segments_;   // written before size_ says that they are there
    std::atomic<std::uint32_t> size_{0};
    std::vector<std::uint32_t> holes_;   // the writer's
};

}  // namespace outrigger::metrics
