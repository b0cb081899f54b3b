// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/native_histogram.hpp>
#include <outrigger/metrics/thread_cells.hpp>
#include "bucket_window.hpp"
#include "exponential.hpp"

#include <cstdint>
#include <memory>

namespace outrigger::metrics {

class NativeHistogram::Series {
public:
    // What is derived from the settings once a family.
    struct Shape : metrics::Shape<Settings> {
        Shape(Settings with, std::shared_ptr<CellStore> from);
        const int schema;
        const std::uint32_t window;
        const ExponentialIndex index;
    };
    Series(std::shared_ptr<Shape> shape, const Labels&);
    ~Series();
    Series(const Series&) = delete;
    Series& operator=(const Series&) = delete;

    void observe(double value) noexcept;
    void observe(double value, const TraceRef& trace) noexcept;

    [[nodiscard]] HistogramSeries value(const Labels& labels, WallTime created) const;
    void append_to(MetricFamily& family, const Labels& labels, WallTime created) const;
    [[nodiscard]] std::uint64_t activity() const noexcept;

private:
    // A thread's cells: the sum, how many were zero, the windows' addresses (0: none yet), then classic buckets.
    enum : std::uint32_t { sum, zeros, positive, negative, classic };

    void count(Cell* mine, double value) noexcept;
    [[nodiscard]] BucketWindow* window(Cell& address) noexcept;
    [[nodiscard]] std::size_t classic_buckets() const noexcept;

    std::shared_ptr<Shape> shape_;   // before the cells: it owns their store
    ThreadCells cells_;
    Exemplars exemplars_;
};

}  // namespace outrigger::metrics
