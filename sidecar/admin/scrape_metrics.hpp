// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/page.hpp>
#include <outrigger/metrics/source.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace outrigger::admin {

// What the scrapes themselves cost. One thread records (the admin loop's), any may collect.
//   outrigger_scrapes_total               counter, label format: pages that were ready in time
//   outrigger_scrapes_timed_out_total     counter: those that were not
//   outrigger_scrapes_coalesced_total     counter: scrapes that shared another's collection
//   outrigger_scrape_duration_seconds     histogram: from the request to the page
//   outrigger_scrape_page_bytes           gauge, label format: the last page, before compression
class ScrapeMetrics final : public metrics::Source {
public:
    void made(metrics::PageFormat format, Duration took, std::size_t bytes) noexcept;
    void timed_out() noexcept { add(timed_out_, 1); }
    void coalesced() noexcept { add(coalesced_, 1); }

    void collect(std::vector<metrics::MetricFamily>& into) const override;

private:
    using Cell = std::atomic<std::uint64_t>;
    // Upper bounds in nanoseconds. A server's default patience is 10 s.
    static constexpr std::array<std::uint64_t, 10> bounds{
        1'000'000,   2'500'000,   5'000'000,     10'000'000,    50'000'000,
        100'000'000, 500'000'000, 1'000'000'000, 5'000'000'000, 10'000'000'000};
    // A single writer needs no read-modify-write.
    static void add(Cell& cell, std::uint64_t more) noexcept {
        cell.store(cell.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }

    std::array<Cell, metrics::page_format_count> made_{};
    std::array<Cell, metrics::page_format_count> bytes_{};
    Cell timed_out_{0};
    Cell coalesced_{0};
    std::array<Cell, bounds.size() + 1> durations_{};
    Cell nanoseconds_{0};
};

}  // namespace outrigger::admin
