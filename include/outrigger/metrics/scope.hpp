// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/counter.hpp>
#include <outrigger/metrics/gauge.hpp>

#include <exception>
#include <optional>
#include <utility>

// What is measured over a scope. Each belongs to one thread, or is handed from one to the next.
namespace outrigger::metrics {

// Observes how long it lived, in seconds, in a Histogram or a NativeHistogram. The clock must outlive it.
template <class Distribution>
class Timer {
public:
    Timer(Distribution into, const Clock& clock) noexcept
        : into_{std::move(into)}, clock_{clock}, began_{clock.now()} {}
    ~Timer() { (void)stop(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // Observes now, and not again; returns the time since the beginning.
    Duration stop() noexcept {
        const Duration took = clock_.now() - began_;
        if (std::exchange(runs_, false)) into_.observe(took);
        return took;
    }
    // Observes nothing.
    void discard() noexcept { runs_ = false; }

private:
    const Distribution into_;
    const Clock& clock_;
    const Instant began_;
    bool runs_ = true;
};

// Counts itself in a gauge while it lives.
class InFlight {
public:
    explicit InFlight(Gauge gauge) noexcept : gauge_{std::move(gauge)} { gauge_->add(1); }
    ~InFlight() {
        if (gauge_) gauge_->add(-1);
    }
    InFlight(InFlight&& from) noexcept : gauge_{std::exchange(from.gauge_, std::nullopt)} {}
    InFlight& operator=(InFlight&& from) noexcept {
        std::swap(gauge_, from.gauge_);
        return *this;
    }

private:
    std::optional<Gauge> gauge_;   // nothing: moved from
};

// Counts when its scope is left by an exception. On the stack only.
class CountExceptions {
public:
    explicit CountExceptions(Counter counter) noexcept : counter_{std::move(counter)} {}
    ~CountExceptions() {
        if (std::uncaught_exceptions() > before_) counter_.increment();
    }
    CountExceptions(const CountExceptions&) = delete;
    CountExceptions& operator=(const CountExceptions&) = delete;

private:
    const Counter counter_;
    const int before_ = std::uncaught_exceptions();
};

}  // namespace outrigger::metrics
