// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/thread_cells.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace outrigger::metrics {
namespace {

void count(ThreadCells& cells, std::uint64_t by = 1) {
    cells.record([by](Cell* mine) { add_count(mine[0], by); });
}
std::uint64_t sum(const ThreadCells& cells) {
    std::uint64_t all = 0;
    cells.read([&all](const Cell* theirs) { all += count_in(theirs[0]); });
    return all;
}
std::uint32_t slot_in_a_thread(ThreadCells& cells) {
    std::uint32_t slot = 0;
    std::thread{[&] {
        count(cells);
        slot = this_thread_slot;
    }}.join();
    return slot;
}

TEST(ThreadCells, begin_at_zero_and_add_up) {
    CellStore store;
    ThreadCells cells{store, 2};
    EXPECT_EQ(sum(cells), 0U);
    count(cells, 3);
    std::thread{[&] { count(cells, 4); }}.join();
    EXPECT_EQ(sum(cells), 7U);
    cells.record([](Cell* mine) { add_number(mine[1], 0.5); });
    double numbers = 0;
    cells.read([&](const Cell* theirs) { numbers += number_in(theirs[1]); });
    EXPECT_EQ(numbers, 0.5);
}

TEST(ThreadCells, the_slot_of_an_ended_thread_serves_the_next_one_and_what_it_counted_stays) {
    CellStore store;
    ThreadCells cells{store, 1};
    const std::uint32_t first = slot_in_a_thread(cells);
    EXPECT_NE(first, 0U);
    EXPECT_EQ(slot_in_a_thread(cells), first);
    EXPECT_EQ(sum(cells), 2U);
}

TEST(ThreadCells, a_thread_that_only_looks_takes_no_slot) {
    std::uint32_t slot = 1;
    std::thread{[&] { slot = this_thread_slot; }}.join();
    EXPECT_EQ(slot, 0U);
}

TEST(ThreadCells, cells_that_were_given_back_are_zero_when_they_are_lent_again) {
    CellStore store;
    std::optional<ThreadCells> cells{std::in_place, store, 3};
    count(*cells);
    std::thread{[&] { count(*cells); }}.join();
    const Cell* place = nullptr;
    cells->record([&](const Cell* mine) { place = mine; });
    cells.emplace(store, 3);
    cells->record([&](const Cell* mine) { EXPECT_EQ(mine, place); });
    EXPECT_EQ(sum(*cells), 0U);
}

TEST(ThreadCells, more_cells_than_a_chunk_has_get_a_chunk_of_their_own) {
    CellStore store;
    ThreadCells few{store, 1};
    ThreadCells many{store, 100'000};
    many.record([](Cell* mine) { add_count(mine[99'999], 1); });
    std::uint64_t all = 0;
    many.read([&](const Cell* theirs) { all += count_in(theirs[99'999]); });
    EXPECT_EQ(all, 1U);
    EXPECT_EQ(sum(few), 0U);
}

TEST(ThreadCells, two_stores_share_nothing_but_the_slot) {
    CellStore store;
    CellStore other_store;
    ThreadCells cells{store, 1};
    ThreadCells other{other_store, 1};
    count(cells, 1);
    count(other, 2);
    EXPECT_EQ(sum(cells), 1U);
    EXPECT_EQ(sum(other), 2U);
}

// Records when the thread's other thread_locals have gone already.
struct AtTheEnd {
    ThreadCells* cells = nullptr;
    ~AtTheEnd() {
        if (cells != nullptr) count(*cells);
    }
};

TEST(ThreadCells, a_thread_may_record_until_its_very_end) {
    CellStore store;
    ThreadCells cells{store, 1};
    for (int i = 0; i < 3; ++i)
        std::thread{[&] {
            thread_local AtTheEnd last;   // constructed first, destroyed last
            last.cells = &cells;
            count(cells);
        }}.join();
    EXPECT_EQ(sum(cells), 6U);
}

TEST(ThreadCells, a_store_may_end_before_the_threads_that_recorded_in_it) {
    std::latch recorded{1};
    std::latch gone{1};
    auto store = std::make_unique<CellStore>();
    auto cells = std::make_unique<ThreadCells>(*store, 1);
    std::thread thread{[&] {
        count(*cells);
        recorded.count_down();
        gone.wait();
        CellStore next;
        ThreadCells others{next, 1};
        count(others);
        EXPECT_EQ(sum(others), 1U);
    }};
    recorded.wait();
    cells.reset();
    store.reset();
    gone.count_down();
    thread.join();
}

TEST(ThreadCells, threads_beyond_the_last_slot_record_too) {
    constexpr int threads = 1100;   // above thread_slots
    CellStore store;
    ThreadCells cells{store, 1};
    std::latch all_recorded{threads};
    std::atomic<int> without_slot{0};
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i)
        running.emplace_back([&] {
            count(cells);
            if (this_thread_slot == 0) ++without_slot;
            all_recorded.arrive_and_wait();
            count(cells);
        });
    for (auto& thread : running) thread.join();
    EXPECT_EQ(sum(cells), 2U * threads);
    EXPECT_GE(without_slot.load(), threads - static_cast<int>(thread_slots));
}

// Threads begin and end while a scraper adds up: the sum never falls and is exact in the end.
TEST(ThreadCells, what_threads_recorded_is_what_is_read) {
    constexpr int rounds = 20;
    constexpr int threads = 4;
    constexpr int calls = 2'000;
    CellStore store;
    ThreadCells cells{store, 1};
    std::atomic<bool> done{false};
    std::thread reader{[&] {
        for (std::uint64_t last = 0; !done.load();) {
            const std::uint64_t now = sum(cells);
            EXPECT_GE(now, last);
            last = now;
        }
    }};
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::thread> writers;
        for (int i = 0; i < threads; ++i)
            writers.emplace_back([&] {
                for (int call = 0; call < calls; ++call) count(cells);
            });
        for (auto& writer : writers) writer.join();
    }
    done = true;
    reader.join();
    EXPECT_EQ(sum(cells), std::uint64_t{rounds} * threads * calls);
}

}  // namespace
}  // namespace outrigger::metrics
