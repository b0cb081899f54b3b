// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/exemplar.hpp>

#include <limits>
#include <new>
#include <thread>
#include <utility>

namespace outrigger::metrics {

struct Exemplars::Places {
    struct Place {
        std::atomic<std::int64_t> next{std::numeric_limits<std::int64_t>::min()};   // wall time in ns
        Exemplar exemplar;        // guarded by busy
        bool is_taken = false;    // the same
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
    try {
        Exemplar fresh{{{"trace_id", trace.trace_id}, {"span_id", trace.span_id}}, value, trace.at};
        if (all->busy.test_and_set(std::memory_order_acquire)) return true;
        std::swap(mine.exemplar, fresh);
        mine.is_taken = true;
        mine.next.store(now + exemplar_interval.count(), std::memory_order_relaxed);
        all->busy.clear(std::memory_order_release);
    } catch (const std::bad_alloc&) {   // no memory, no exemplar
    }
    return true;
}

std::vector<Exemplar> Exemplars::taken() const {
    std::vector<Exemplar> found;
    Places* all = places_.load(std::memory_order_acquire);
    if (all == nullptr) return found;
    found.reserve(all->all.size());   // nothing is allocated while it is busy
    while (all->busy.test_and_set(std::memory_order_acquire)) std::this_thread::yield();   // a swap long
    for (const auto& place : all->all)
        if (place.is_taken) found.push_back(place.exemplar);
    all->busy.clear(std::memory_order_release);
    return found;
}

}  // namespace outrigger::metrics
