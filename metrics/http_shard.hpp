// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/labels.hpp>
#include "cells.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace outrigger::metrics {

// A label set of the request families. Immutable once made.
struct HttpSeries {
    HttpMethod method = HttpMethod::other;
    std::string route;  // empty: no label
    int status = 0;     // 0: no label
    std::optional<Reason> reason;
    bool overflow = false;  // the one `other` series
    std::size_t index = 0;  // its place in a scrape's totals
    std::string error_type{};  // empty: none
    Labels labels{};
};

// One shard's cells of one series. A cache line of its own: the neighbours may belong to another thread.
struct alignas(64) HttpSeriesCells {
    explicit HttpSeriesCells(const HttpSeries& of) noexcept : series{of} {}

    const HttpSeries& series;
    HttpSeriesCells* older = nullptr;  // set before the cells are published
    HistogramCell<http_duration_bounds.size()> duration;
    HistogramCell<http_body_size_bounds.size()> request_body;
    HistogramCell<http_body_size_bounds.size()> response_body;
    Exemplars exemplars;   // of the duration, a place for each bucket
};

// One shard's cells of a kind of stream.
struct StreamCells {
    ActiveCell active;
    HistogramCell<stream_duration_bounds.size()> duration;
};

// One recorder's cells. One thread writes; a scrape walks the published list of cells at any time without a
// lock.
class HttpShard {
public:
    HttpShard(HttpFamilies& families, std::uint32_t series_max, const HttpSeries& overflow);

    void record(const HttpCall& call) noexcept;
    void begin(HttpMethod method) noexcept { active_[static_cast<std::size_t>(method)].begin(); }
    void end(HttpMethod method) noexcept { active_[static_cast<std::size_t>(method)].end(); }

    void record_overhead(Duration overhead) noexcept;
    void begin_stream(StreamKind kind) noexcept { streams_[static_cast<std::size_t>(kind)].active.begin(); }
    void end_stream(StreamKind kind) noexcept { streams_[static_cast<std::size_t>(kind)].active.end(); }
    void record_stream(StreamKind kind, Duration duration) noexcept;

    // Any thread.
    [[nodiscard]] const HttpSeriesCells* newest() const noexcept {
        return newest_.load(std::memory_order_acquire);
    }
    [[nodiscard]] const std::array<ActiveCell, http_method_count>& active() const noexcept { return active_; }
    [[nodiscard]] const HistogramCell<overhead_bounds.size()>& overhead() const noexcept { return overhead_; }
    [[nodiscard]] const StreamCells& stream(StreamKind kind) const noexcept {
        return streams_[static_cast<std::size_t>(kind)];
    }

private:
    struct Slot {
        std::uint64_t key = 0;
        HttpSeriesCells* cells = nullptr;  // nothing: the slot is free
    };

    [[gnu::always_inline]] [[nodiscard]] inline bool holds(const Slot& slot, std::uint64_t key, const HttpCall& call) const noexcept;
    [[nodiscard]] HttpSeriesCells& find(const HttpCall& call, std::uint64_t key) noexcept;
    [[nodiscard]] HttpSeriesCells& meet(const HttpCall& call, std::uint64_t key, Slot& free) noexcept;
    [[nodiscard]] HttpSeriesCells& publish(const HttpSeries& series);

    HttpFamilies& families_;
    // Open addressing, at most half full. It also remembers label sets that were folded, so that a flood of
    // them takes no lock; once the table is half full, everything new is folded here without asking.
    std::vector<Slot> slots_;
    std::size_t used_ = 0;
    Slot* latest_;  // the slot found last: mostly the next one too
    std::deque<HttpSeriesCells> cells_;  // owned; addresses never change
    std::atomic<HttpSeriesCells*> newest_{nullptr};
    HttpSeriesCells& overflow_;  // after newest_: it is published first
    std::array<ActiveCell, http_method_count> active_{};
    HistogramCell<overhead_bounds.size()> overhead_;
    std::array<StreamCells, stream_kinds.size()> streams_{};
};

}  // namespace outrigger::metrics
