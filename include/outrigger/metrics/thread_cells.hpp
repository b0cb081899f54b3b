// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

// Where instruments count. Every thread has a small number, its slot; every slot has its own row of cells, which
// only the slot's thread writes: adding is a relaxed load and store, no lock prefix, no contended cache line. A
// scrape adds up the rows at any time without stopping anybody. A thread that ends gives its slot back and leaves
// its cells as they are: the slot's next thread goes on counting in them, so nothing is folded and nothing lost.
// Threads hold no pointer into a registry, and a registry knows no thread: either may end first.
// docs/decisions/0015 says why this is right.
namespace outrigger::metrics {

// A whole number, or a double's bits.
using Cell = std::atomic<std::uint64_t>;

// Both only on a cell of the calling thread's own row.
inline void add_count(Cell& cell, std::uint64_t amount) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}
inline void add_number(Cell& cell, double amount) noexcept {
    const double before = std::bit_cast<double>(cell.load(std::memory_order_relaxed));
    cell.store(std::bit_cast<std::uint64_t>(before + amount), std::memory_order_relaxed);
}
[[nodiscard]] inline std::uint64_t count_in(const Cell& cell) noexcept { return cell.load(std::memory_order_relaxed); }
[[nodiscard]] inline double number_in(const Cell& cell) noexcept { return std::bit_cast<double>(count_in(cell)); }

// Slots that threads can have at once, 0 included. One more thread than that records too, slower: under a lock
// that it shares only with its like.
inline constexpr std::uint32_t thread_slots = 1024;

// The calling thread's slot. 0: it has none, because it has not recorded yet, or its thread_locals are being
// destroyed, or all are taken. No destructor and no initialiser, so that reading it is one instruction.
inline constinit thread_local std::uint32_t this_thread_slot = 0;

// A block of cells for many instruments: the same cells for every thread, a row each. Rows begin on a cache line
// of their own. Threads get rows as they record; rows live as long as the chunk.
class CellChunk {
public:
    explicit CellChunk(std::uint32_t cells);
    ~CellChunk();
    CellChunk(const CellChunk&) = delete;
    CellChunk& operator=(const CellChunk&) = delete;

    // Nothing: the slot has no row here. Slot 0 never has one.
    [[nodiscard]] Cell* row(std::uint32_t slot) const noexcept { return rows_[slot].load(std::memory_order_acquire); }
    // No slot from here on has a row: how far a scrape has to look.
    [[nodiscard]] std::uint32_t end() const noexcept { return end_.load(std::memory_order_acquire); }
    // The calling thread's row, with a slot and a row if it had none. Nothing: no slot is free, or no memory.
    [[nodiscard]] Cell* make_row() noexcept;

    // The row of those that got none; written under the lock only.
    [[nodiscard]] Cell* shared_row() const noexcept { return shared_row_; }
    [[nodiscard]] std::mutex& shared_row_mutex() noexcept { return shared_row_mutex_; }
    [[nodiscard]] std::uint32_t cells() const noexcept { return cells_; }

private:
    const std::uint32_t cells_;
    std::array<std::atomic<Cell*>, thread_slots> rows_{};
    std::atomic<std::uint32_t> end_{1};
    Cell* const shared_row_;
    std::mutex shared_row_mutex_;
};

// The chunks of one registry: lends cells to series, and takes them back. Thread-safe; no recorder comes here. A
// thread costs 2 KiB in each registry that it records in, and 32 KiB for every 2048 counters there.
class CellStore {
public:
    struct Place {
        CellChunk* chunk = nullptr;
        std::uint32_t offset = 0;
    };
    // `cells` in a row, all zero for every thread. At least 1. Throws std::bad_alloc.
    [[nodiscard]] Place take(std::uint32_t cells);
    // Nobody may record there any more. Zeroes them.
    void give_back(Place place, std::uint32_t cells) noexcept;

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<CellChunk>> chunks_;
    std::uint32_t used_ = 0;                                  // of the last chunk
    std::map<std::uint32_t, std::vector<Place>> given_back_;  // by their number of cells
};

// The cells of one series. Recording and reading: any thread, at any time while it lives.
class ThreadCells {
public:
    // The store must outlive this.
    ThreadCells(CellStore& store, std::uint32_t cells)
        : store_{store}, place_{store.take(cells)}, cells_{cells} {}
    ~ThreadCells() { store_.give_back(place_, cells_); }
    ThreadCells(const ThreadCells&) = delete;
    ThreadCells& operator=(const ThreadCells&) = delete;

    // record(Cell*) gets the first of the cells that are the calling thread's own during the call.
    template <class Record>
    void record(Record&& record) noexcept {
        if (Cell* row = place_.chunk->row(this_thread_slot)) [[likely]]
            record(row + place_.offset);
        else
            record_without_row(record);
    }

    // read(const Cell*) for every thread's cells, one call each.
    template <class Read>
    void read(Read&& read) const {
        const CellChunk& chunk = *place_.chunk;
        for (std::uint32_t slot = 1, end = chunk.end(); slot < end; ++slot)
            if (const Cell* row = chunk.row(slot)) read(row + place_.offset);
        read(static_cast<const Cell*>(chunk.shared_row() + place_.offset));
    }

private:
    template <class Record>
    [[gnu::noinline, gnu::cold]] void record_without_row(Record& record) noexcept {
        if (Cell* row = place_.chunk->make_row()) return record(row + place_.offset);
        const std::scoped_lock lock{place_.chunk->shared_row_mutex()};
        record(place_.chunk->shared_row() + place_.offset);
    }

    CellStore& store_;
    const CellStore::Place place_;
    const std::uint32_t cells_;
};

}  // namespace outrigger::metrics
