// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/thread_cells.hpp>

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

namespace outrigger::metrics {
namespace {

constexpr std::size_t cache_line = 64;

// Which slots are taken, a bit each. The one thing about metrics that belongs to the process: threads do. Nothing
// points anywhere, and it has no destructor, so that the last thread of a process may still end.
class Slots {
public:
    // The lowest free slot; 0: all are taken. Acquire: whoever had it before wrote its cells before.
    std::uint32_t take() noexcept {
        for (std::uint32_t word = 0; word < taken_.size(); ++word) {
            std::uint64_t seen = taken_[word].load(std::memory_order_relaxed);
            while (seen != ~std::uint64_t{0}) {
                const auto bit = static_cast<std::uint32_t>(std::countr_one(seen));
                if (!taken_[word].compare_exchange_weak(seen, seen | std::uint64_t{1} << bit,
                                                        std::memory_order_acquire, std::memory_order_relaxed))
                    continue;
                return word * 64 + bit;
            }
        }
        return 0;
    }
    // Release: the next owner sees what was counted.
    void give_back(std::uint32_t slot) noexcept {
        taken_[slot / 64].fetch_and(~(std::uint64_t{1} << slot % 64), std::memory_order_release);
    }

private:
    std::array<std::atomic<std::uint64_t>, thread_slots / 64> taken_{1};   // slot 0 is nobody's
};

constinit Slots slots;

constinit thread_local bool this_thread_ends = false;

// Gives the slot back when the thread ends. What other thread_locals record after that goes to the shared row.
struct Lease {
    ~Lease() {
        this_thread_ends = true;
        if (const std::uint32_t slot = std::exchange(this_thread_slot, 0); slot != 0) slots.give_back(slot);
    }
};

bool has_slot() noexcept {
    if (this_thread_slot != 0) return true;
    if (this_thread_ends) return false;
    thread_local Lease lease;
    this_thread_slot = slots.take();
    return this_thread_slot != 0;
}

Cell* new_row(std::uint32_t cells) noexcept {
    return new (std::align_val_t{cache_line}, std::nothrow) Cell[cells]{};
}
void delete_row(Cell* row) noexcept { ::operator delete[](row, std::align_val_t{cache_line}); }

Cell* new_row_or_throw(std::uint32_t cells) {
    if (Cell* row = new_row(cells)) return row;
    throw std::bad_alloc{};
}

}  // namespace

CellChunk::CellChunk(std::uint32_t cells) : cells_{cells}, shared_row_{new_row_or_throw(cells)} {}

CellChunk::~CellChunk() {
    for (const auto& row : rows_) delete_row(row.load(std::memory_order_acquire));
    delete_row(shared_row_);
}

Cell* CellChunk::make_row() noexcept {
    if (!has_slot()) return nullptr;
    auto& mine = rows_[this_thread_slot];   // nobody else writes there while the slot is ours
    if (Cell* row = mine.load(std::memory_order_relaxed)) return row;
    Cell* row = new_row(cells_);
    mine.store(row, std::memory_order_release);
    std::uint32_t end = end_.load(std::memory_order_relaxed);
    while (end <= this_thread_slot && !end_.compare_exchange_weak(end, this_thread_slot + 1, std::memory_order_release)) {
    }
    return row;
}

CellStore::Place CellStore::take(std::uint32_t cells) {
    constexpr std::uint32_t first_chunk = 256;   // 2 KiB a thread for a handful of instruments
    constexpr std::uint32_t next_chunks = 4096;  // 32 KiB a thread
    const std::scoped_lock lock{mutex_};
    if (auto& places = given_back_[cells]; !places.empty()) {
        const Place place = places.back();
        places.pop_back();
        return place;
    }
    if (chunks_.empty() || chunks_.back()->cells() - used_ < cells) {
        const std::uint32_t size = chunks_.empty() ? first_chunk : next_chunks;
        chunks_.push_back(std::make_unique<CellChunk>(std::max(size, cells)));
        used_ = 0;
    }
    const Place place{chunks_.back().get(), used_};
    used_ += cells;
    return place;
}

void CellStore::give_back(Place place, std::uint32_t cells) noexcept {
    const auto zero = [&](Cell* row) {
        for (std::uint32_t i = 0; i < cells; ++i) row[place.offset + i].store(0, std::memory_order_relaxed);
    };
    for (std::uint32_t slot = 1, end = place.chunk->end(); slot < end; ++slot)
        if (Cell* row = place.chunk->row(slot)) zero(row);
    zero(place.chunk->shared_row());
    const std::scoped_lock lock{mutex_};   // whoever takes the place next sees the zeros
    try {
        given_back_[cells].push_back(place);
    } catch (const std::bad_alloc&) {   // then nobody takes it again
    }
}

}  // namespace outrigger::metrics
