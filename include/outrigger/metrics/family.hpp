// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/labels.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a scrape yields and what pages are written from: plain values, no thread, no lock. It says what
// prometheus-cpp's MetricFamily says and what that cannot: native histograms, exemplars, units, info, state
// sets, the time a series began.
namespace outrigger::metrics {

enum class MetricType : std::uint8_t { counter, gauge, histogram, summary, info, state_set, unknown };

[[nodiscard]] constexpr std::string_view to_string(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter: return "counter";
        case MetricType::gauge: return "gauge";
        case MetricType::histogram: return "histogram";
        case MetricType::summary: return "summary";
        case MetricType::info: return "info";
        case MetricType::state_set: return "state_set";
        case MetricType::unknown: return "unknown";
    }
    return "unknown";
}

// One observation that stands for those around it, with what leads to its trace.
struct Exemplar {
    Labels labels;      // such as trace_id and span_id; at most 128 characters in all (OpenMetrics 1.0)
    double value = 0.0;
    WallTime at{};      // the epoch: not known
};

// A sample of a counter, a gauge, an info (its value is 1), a state set (0 or 1; the state is a label that has
// the family's name) or of unknown type.
struct NumberSeries {
    Labels labels;
    double value = 0.0;
    WallTime created{};                          // the epoch: not known. Counters only.
    std::int64_t timestamp_ms = 0;               // 0: none, the scrape's own time holds, as it mostly should
    std::shared_ptr<const Exemplar> exemplar{};  // counters only; mostly none
};

// A classic bucket: how many observations were at most `upper_bound`.
struct Bucket {
    double upper_bound = 0.0;
    std::uint64_t cumulative_count = 0;
};

// `length` buckets in a row, `offset` after the end of the span before (the first: the index of its first one).
struct BucketSpan {
    std::int32_t offset = 0;
    std::uint32_t length = 0;
};

// Prometheus' native histogram: bucket i holds the observations in (base^(i-1), base^i], base = 2^(2^-schema).
// The first delta is the first bucket's count, each further one the difference to the bucket before.
struct NativeBuckets {
    std::int32_t schema = 0;        // -4 to 8
    double zero_threshold = 0.0;    // observations in [-threshold, threshold] are in zero_count
    std::uint64_t zero_count = 0;
    std::vector<BucketSpan> positive_spans;
    std::vector<std::int64_t> positive_deltas;
    std::vector<BucketSpan> negative_spans;
    std::vector<std::int64_t> negative_deltas;
};

struct HistogramSeries {
    Labels labels;
    std::uint64_t count = 0;
    double sum = 0.0;
    std::vector<Bucket> buckets;                  // ascending; the +Inf bucket may be missing, it is `count`
    std::optional<NativeBuckets> native{};
    std::vector<Exemplar> exemplars{};            // in no order; each belongs to the bucket its value falls in
    WallTime created{};                           // the epoch: not known
    std::int64_t timestamp_ms = 0;                // 0: none
};

struct Quantile {
    double quantile = 0.0;
    double value = 0.0;
};

struct SummarySeries {
    Labels labels;
    std::uint64_t count = 0;
    double sum = 0.0;
    std::vector<Quantile> quantiles;
    WallTime created{};              // the epoch: not known
    std::int64_t timestamp_ms = 0;   // 0: none
};

struct MetricFamily {
    // As queries have it and the text format writes it: a counter's with `_total`, an info's with `_info`.
    std::string name;
    std::string help;
    MetricType type = MetricType::unknown;
    std::string unit{};   // "seconds", "bytes"; empty: none. The name then ends in it, before `_total`.
    // The one of the family's type is used: histograms, summaries, for all other types numbers.
    std::vector<NumberSeries> numbers{};
    std::vector<HistogramSeries> histograms{};
    std::vector<SummarySeries> summaries{};
    // The cardinality governor's: how many series there may be, 0 for as many as there are; and how often
    // something went to the series `other` because the family was full (an observation of HTTP, else a look-up).
    std::uint32_t series_max = 0;
    std::uint64_t folded = 0;

    [[nodiscard]] std::size_t size() const noexcept {
        return numbers.size() + histograms.size() + summaries.size();
    }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
};

}  // namespace outrigger::metrics
