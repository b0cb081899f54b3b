// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/exemplar.hpp>
#include <outrigger/metrics/family.hpp>
#include <outrigger/metrics/histogram.hpp>
#include <outrigger/metrics/instrument.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace outrigger::metrics {

// How observations are distributed, in Prometheus' native buckets: exponential, as fine as asked for, without
// choosing bounds. A handle as Counter is; each thread's first observation in a series allocates some KiB. Goes to
// Prometheus by the protobuf page only; the text pages show sum, count and the classic bounds, if there are any.
class NativeHistogram {
public:
    static constexpr InstrumentKind kind = InstrumentKind::native_histogram;
    struct Settings {
        // The most that a bucket's upper bound may be above its lower one, as a factor; the finest resolution that
        // is not coarser than needed is taken: 2^(2^-schema), schema -4 to 8. 1.1 gives schema 3: 8 buckets from
        // each power of two to the next, any quantile within 4.4%. Above 1, at most 65536.
        double growth_factor = 1.1;
        // Buckets that a page shows at most, of positive and of negative observations each. What spreads wider is
        // shown with half the resolution, and again, down to schema -4. 1 to 1024. Besides, one thread counts in at
        // most max(256, buckets_max rounded up to a power of two) buckets in a row: at schema 3 that spans 32 powers of two.
        std::uint32_t buckets_max = 160;
        // Observations from -zero_threshold to it are counted as zero. Not negative. The default is 2^-128: Prometheus
        // 2.42 tells a native histogram from a classic one by a threshold above zero.
        double zero_threshold = 2.938735877055719e-39;
        // Classic buckets besides, for the text pages and for servers that know no native histograms; may be empty.
        Bounds classic_bounds = {};
        friend bool operator==(const Settings&, const Settings&) = default;
    };
    class Series;

    explicit NativeHistogram(std::shared_ptr<Series> series) noexcept : series_{std::move(series)} {}

    // NaN is not recorded but counted in outrigger_metrics_refused_total.
    void observe(double value) const noexcept;
    void observe(Duration value) const noexcept { observe(seconds(value)); }
    void observe(double value, const TraceRef& trace) const noexcept;

    // The sum over all threads, as the page has it.
    [[nodiscard]] HistogramSeries value() const;

private:
    std::shared_ptr<Series> series_;
};

}  // namespace outrigger::metrics
