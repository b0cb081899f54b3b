// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/exemplar.hpp>

#include <array>
#include <limits>
#include <new>
#include <string_view>
#include <thread>

namespace outrigger::metrics {
namespace {

// The ids as bytes, so that no offer but a series' first allocates.
struct Taken {
    bool is_taken = false;
    std::uint8_t trace_size = 0;
    std::uint8_t span_size = 0;
    std::array<char, trace_ref_characters_max> ids{};   // the trace's, then the span's
    double value = 0.0;
    WallTime at{};

    void take(double observed, const TraceRef& trace) noexcept {
        is_taken = true;
        trace_size = static_cast<std::uint8_t>(trace.trace_id.copy(ids.data(), ids.size()));
        span_size = static_cast<std::uint8_t>(trace.span_id.copy(ids.data() + trace_size, ids.size() - trace_size));
        value = observed;
        at = trace.at;
    }
    [[nodiscard]] Exemplar exemplar() const {
        const std::string_view text{ids.data(), ids.size()};
        return {{{"trace_id", text.substr(0, trace_size)}, {"span_id", text.substr(trace_size, span_size)}}, value, at};
    }
};

}  // namespace

struct Exemplars::Places {
    struct Place {
        std::atomic<std::int64_t> next{std::numeric_limits<std::int64_t>::min()};   // wall time in ns
        Taken taken;   // guarded by busy
    };
    explicit Places(std::size_t count) : all(count) {}

    std::vector<Place> all;
    std::atomic_flag busy;
};

Exemplars::~Exemplars() { delete places_.load(std::memory_order_acquire); }

Exemplars::Places* Exemplars::made(std::size_t places) noexcept {
    if (Places* known = places_.load(std::memory_order_acquire)) return known;
    try {
        auto fresh = std::make_unique<Places>(places);
        Places* known = nullptr;
        if (places_.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel)) return fresh.release();
        return known;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

bool Exemplars::offer(std::size_t place, std::size_t places, double value, const TraceRef& trace) noexcept {
    if (trace.trace_id.size() + trace.span_id.size() > trace_ref_characters_max) return false;
    Places* all = made(places);
    if (all == nullptr) return true;   // no memory, no exemplar
    auto& mine = all->all[place];
    const std::int64_t now = trace.at.time_since_epoch().count();
    const std::int64_t next = mine.next.load(std::memory_order_relaxed);
    if (now < next && next - now <= exemplar_interval.count()) return true;   // not longer: the clock was set back
    if (all->busy.test_and_set(std::memory_order_acquire)) return true;
    mine.taken.take(value, trace);
    all->busy.clear(std::memory_order_release);
    mine.next.store(now + exemplar_interval.count(), std::memory_order_relaxed);
    return true;
}

std::vector<Exemplar> Exemplars::taken() const {
    std::vector<Exemplar> found;
    Places* all = places_.load(std::memory_order_acquire);
    if (all == nullptr) return found;
    found.reserve(all->all.size());
    for (const auto& place : all->all) {
        while (all->busy.test_and_set(std::memory_order_acquire)) std::this_thread::yield();   // a copy long
        const Taken copy = place.taken;
        all->busy.clear(std::memory_order_release);
        if (copy.is_taken) found.push_back(copy.exemplar());
    }
    return found;
}

}  // namespace outrigger::metrics
