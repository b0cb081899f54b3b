// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>
#include <outrigger/metrics/instrument.hpp>

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <utility>

namespace outrigger::metrics {

// A number that goes up and down. All threads share it: setting is a store, adding an atomic read-modify-write.
// (A sum of cells per thread could not be set to an exact value.) A handle as Counter is.
class Gauge {
public:
    static constexpr InstrumentKind kind = InstrumentKind::gauge;
    struct Settings {
        friend bool operator==(const Settings&, const Settings&) = default;
    };
    class Series;

    explicit Gauge(std::shared_ptr<Series> series) noexcept : series_{std::move(series)} {}

    void set(double value) const noexcept;
    void add(double amount) const noexcept;   // a negative amount subtracts
    [[nodiscard]] double value() const noexcept;

private:
    std::shared_ptr<Series> series_;
};

class Gauge::Series {
public:
    using Shape = metrics::Shape<Settings>;
    Series(std::shared_ptr<Shape>, const Labels&) {}

    void append_to(MetricFamily& family, const Labels& labels, WallTime created) const;
    [[nodiscard]] std::uint64_t activity() const noexcept { return std::bit_cast<std::uint64_t>(value.load()); }

    std::atomic<double> value{0.0};
};

inline void Gauge::set(double value) const noexcept { series_->value.store(value, std::memory_order_relaxed); }
inline void Gauge::add(double amount) const noexcept { series_->value.fetch_add(amount, std::memory_order_relaxed); }
inline double Gauge::value() const noexcept { return series_->value.load(std::memory_order_relaxed); }

}  // namespace outrigger::metrics
