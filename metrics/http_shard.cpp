// SPDX-License-Identifier: Apache-2.0
#include "http_shard.hpp"

#include <outrigger/core/same_text.hpp>
#include "http_families.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace outrigger::metrics {
namespace {

int status_label(int status) noexcept { return status >= 100 && status <= 999 ? status : 0; }

// Everything that tells label sets apart in one word, the route by its id.
std::uint64_t packed(const HttpCall& call) noexcept {
    const auto status = static_cast<std::uint64_t>(status_label(call.status));
    const auto reason = call.reason ? static_cast<std::uint64_t>(*call.reason) + 1 : 0;
    return std::uint64_t{call.route.id} << 32 | status << 16 | static_cast<std::uint64_t>(call.method) << 8 |
           reason;
}

// Fibonacci hashing: the multiplication spreads the packed fields over the upper bits.
std::size_t slot_of(std::uint64_t key, std::size_t slots) noexcept {
    return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15U) >> (64 - std::countr_zero(slots)));
}

std::uint64_t nanoseconds(Duration duration) noexcept {
    return static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count());
}

// The bounds are powers of four: the bucket can be read off the highest bit.
constexpr std::size_t body_size_bucket(std::uint64_t bytes) noexcept {
    if (bytes <= http_body_size_bounds.front()) return 0;
    constexpr int lowest = std::bit_width(http_body_size_bounds.front() - 1);
    const auto steps = static_cast<std::size_t>(std::bit_width(bytes - 1) - lowest + 1) / 2;
    return std::min(steps, http_body_size_bounds.size());
}
static_assert([] {
    for (std::size_t i = 0; i < http_body_size_bounds.size(); ++i) {
        const std::uint64_t bound = http_body_size_bounds[i];
        if (body_size_bucket(bound) != i || body_size_bucket(bound + 1) != i + 1) return false;
    }
    return body_size_bucket(0) == 0 && body_size_bucket(UINT64_MAX) == http_body_size_bounds.size();
}());

void observe_body(HistogramCell<http_body_size_bounds.size()>& cell, Bytes size) noexcept {
    cell.observe_in(body_size_bucket(size.count()), size.count());
}

}  // namespace

HttpShard::HttpShard(HttpFamilies& families, std::uint32_t series_max,
                                 const HttpSeries& overflow)
    : families_{families},
      slots_(std::bit_ceil(std::size_t{series_max} * 4)),
      latest_{slots_.data()},
      overflow_{publish(overflow)} {}

void HttpShard::record(const HttpCall& call) noexcept {
    const std::uint64_t key = packed(call);
    HttpSeriesCells& cells = holds(*latest_, key, call) ? *latest_->cells : find(call, key);
    const std::uint64_t duration = nanoseconds(call.duration);
    const std::size_t bucket = cells.duration.observe(http_duration_bounds, duration);
    if (!call.trace.trace_id.empty())
        cells.exemplars.offer(bucket, http_duration_bounds.size() + 1, static_cast<double>(duration) / 1e9, call.trace);
    if (call.request_body) observe_body(cells.request_body, *call.request_body);
    if (call.response_body) observe_body(cells.response_body, *call.response_body);
}

void HttpShard::record_overhead(Duration overhead) noexcept {
    overhead_.observe(overhead_bounds, nanoseconds(overhead));
}

void HttpShard::record_stream(StreamKind kind, Duration duration) noexcept {
    streams_[static_cast<std::size_t>(kind)].duration.observe(stream_duration_bounds, nanoseconds(duration));
}

// After a reload an id may stand for another template: the text decides.
bool HttpShard::holds(const Slot& slot, std::uint64_t key, const HttpCall& call) const noexcept {
    return slot.key == key && slot.cells != nullptr &&
           (slot.cells == &overflow_ || same_text(slot.cells->series.route, call.route.template_));
}

HttpSeriesCells& HttpShard::find(const HttpCall& call, std::uint64_t key) noexcept {
    for (std::size_t i = slot_of(key, slots_.size());; i = (i + 1) & (slots_.size() - 1)) {
        Slot& slot = slots_[i];
        if (slot.cells == nullptr) return meet(call, key, slot);
        if (!holds(slot, key, call)) continue;
        latest_ = &slot;
        return *slot.cells;
    }
}

// A label set that this shard has not seen. Takes the families' lock; happens once for each.
HttpSeriesCells& HttpShard::meet(const HttpCall& call, std::uint64_t key, Slot& free) noexcept {
    if (used_ == slots_.size() / 2) return overflow_;
    try {
        const HttpSeries& series = families_.admit({.method = call.method,
                                                    .route = std::string{call.route.template_},
                                                    .status = status_label(call.status),
                                                    .reason = call.reason});
        free = Slot{key, series.overflow ? &overflow_ : &publish(series)};
        ++used_;
        return *free.cells;
    } catch (const std::bad_alloc&) {
        return overflow_;  // counted all the same; the next call tries again
    }
}

HttpSeriesCells& HttpShard::publish(const HttpSeries& series) {
    HttpSeriesCells& cells = cells_.emplace_back(series);
    cells.older = newest_.load(std::memory_order_relaxed);
    newest_.store(&cells, std::memory_order_release);
    return cells;
}

}  // namespace outrigger::metrics
