// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/exemplar.hpp>
#include <outrigger/metrics/family.hpp>
#include <outrigger/metrics/instrument.hpp>
#include <outrigger/metrics/thread_cells.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace outrigger::metrics {

// A number that only rises: requests, bytes, seconds spent. A handle on one series: cheap to copy, thread-safe,
// never throws, takes no lock and allocates nothing once its thread has recorded before. It keeps the series
// alive and on the page, also when the registry has gone.
class Counter {
public:
    static constexpr InstrumentKind kind = InstrumentKind::counter;
    struct Settings {
        friend bool operator==(const Settings&, const Settings&) = default;
    };
    class Series;

    explicit Counter(std::shared_ptr<Series> series) noexcept : series_{std::move(series)} {}

    // Adds. What a counter cannot add (less than zero, NaN, infinity) is not added but counted in
    // outrigger_metrics_refused_total. Whole numbers stay exact up to 2^53 on the page.
    void increment() const noexcept;
    void increment(std::integral auto by) const noexcept;
    void increment(std::floating_point auto by) const noexcept;
    // The same, and what leads to the trace.
    void increment(std::integral auto by, const TraceRef& trace) const noexcept;

    // What the page says: the sum over all threads.
    [[nodiscard]] double value() const noexcept;

private:
    std::shared_ptr<Series> series_;
};

class Counter::Series {
public:
    using Shape = metrics::Shape<Settings>;
    Series(std::shared_ptr<Shape> shape, const Labels&) : shape_{std::move(shape)}, cells_{*shape_->cells, cells} {}

    void add(std::uint64_t by) noexcept {
        cells_.record([by](Cell* mine) { add_count(mine[whole], by); });
    }
    void add(double by) noexcept {
        cells_.record([by](Cell* mine) { add_number(mine[fraction], by); });
    }
    void refuse(Refusal why) noexcept { shape_->refused.count(why); }
    void offer(double value, const TraceRef& trace) noexcept {
        if (!exemplars_.offer(0, 1, value, trace)) refuse(Refusal::exemplar_too_long);
    }

    [[nodiscard]] double value() const noexcept;
    void append_to(MetricFamily& family, const Labels& labels, WallTime created) const;
    [[nodiscard]] std::uint64_t activity() const noexcept { return std::bit_cast<std::uint64_t>(value()); }

private:
    enum : std::uint32_t { whole, fraction, cells };   // two cells: whole numbers add faster than doubles

    std::shared_ptr<Shape> shape_;   // before the cells: it owns their store
    ThreadCells cells_;
    Exemplars exemplars_;
};

inline void Counter::increment() const noexcept { series_->add(std::uint64_t{1}); }

inline void Counter::increment(std::integral auto by) const noexcept {
    if (std::cmp_less(by, 0)) return series_->refuse(Refusal::negative);
    series_->add(static_cast<std::uint64_t>(by));
}

inline void Counter::increment(std::floating_point auto by) const noexcept {
    const auto amount = static_cast<double>(by);
    if (amount >= 0 && amount <= std::numeric_limits<double>::max()) return series_->add(amount);
    series_->refuse(amount < 0 ? Refusal::negative : Refusal::not_finite);
}

inline void Counter::increment(std::integral auto by, const TraceRef& trace) const noexcept {
    increment(by);
    series_->offer(static_cast<double>(by), trace);
}

inline double Counter::value() const noexcept { return series_->value(); }

}  // namespace outrigger::metrics
