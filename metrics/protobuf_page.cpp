// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/protobuf_page.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include <outrigger/core/utf8.hpp>

#include "protobuf_writer.hpp"

namespace outrigger::metrics {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// What client_golang takes by default: 2^-128.
constexpr double zero_threshold_default = 2.938735877055718769921841343055614e-39;

// The field numbers of io.prometheus.client (metrics.proto), by message.
namespace family_field { constexpr int name = 1, help = 2, type = 3, metric = 4, unit = 5; }
namespace metric_field {
constexpr int label = 1, gauge = 2, counter = 3, summary = 4, untyped = 5, timestamp_ms = 6, histogram = 7;
}
namespace label_field { constexpr int name = 1, value = 2; }
namespace number_field { constexpr int value = 1; }   // of a gauge, a counter, an untyped
namespace counter_field { constexpr int exemplar = 2, created = 3; }
namespace summary_field { constexpr int count = 1, sum = 2, quantile = 3, created = 4; }
namespace quantile_field { constexpr int quantile = 1, value = 2; }
namespace bucket_field { constexpr int cumulative_count = 1, upper_bound = 2, exemplar = 3; }
namespace exemplar_field { constexpr int label = 1, value = 2, timestamp = 3; }
namespace timestamp_field { constexpr int seconds = 1, nanos = 2; }
namespace span_field { constexpr int offset = 1, length = 2; }
namespace histogram_field {
constexpr int count = 1, sum = 2, bucket = 3, schema = 5, zero_threshold = 6, zero_count = 7,
              negative_span = 9, negative_delta = 10, positive_span = 12, positive_delta = 13, created = 15,
              exemplar = 16;
}

std::uint64_t type_number(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter: return 0;
        case MetricType::gauge:
        case MetricType::info:
        case MetricType::state_set: return 1;
        case MetricType::summary: return 2;
        case MetricType::unknown: return 3;
        case MetricType::histogram: return 4;
    }
    return 3;
}

int number_message(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter: return metric_field::counter;
        case MetricType::gauge:
        case MetricType::info:
        case MetricType::state_set: return metric_field::gauge;
        case MetricType::histogram:
        case MetricType::summary:
        case MetricType::unknown: break;
    }
    return metric_field::untyped;
}

std::string valid_utf8(std::string_view text) {
    std::string valid;
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        valid += step.valid ? text.substr(0, step.length) : utf8_replacement;
        text.remove_prefix(step.length);
    }
    return valid;
}

class ProtobufPage {
public:
    void family(const MetricFamily& family) {
        to_.delimited([&] {
            to_.text(family_field::name, family.name);
            if (!family.help.empty()) to_.text(family_field::help, valid_utf8(family.help));
            to_.varint(family_field::type, type_number(family.type));
            for (const NumberSeries& series : family.numbers) metric(series, [&] { number(family.type, series); });
            for (const HistogramSeries& series : family.histograms) metric(series, [&] { histogram(series); });
            for (const SummarySeries& series : family.summaries) metric(series, [&] { summary(series); });
            if (!family.unit.empty()) to_.text(family_field::unit, valid_utf8(family.unit));
        });
    }

    [[nodiscard]] std::string take() && { return std::move(to_).take(); }

private:
    template <class Series, class Write>
    void metric(const Series& series, Write write) {
        to_.message(family_field::metric, [&] {
            labels(metric_field::label, series.labels);
            write();
            if (series.timestamp_ms != 0)
                to_.varint(metric_field::timestamp_ms, static_cast<std::uint64_t>(series.timestamp_ms));
        });
    }

    void labels(int field, const Labels& labels) {
        for (const Label& label : labels.all())
            to_.message(field, [&] {
                to_.text(label_field::name, label.name);
                to_.text(label_field::value, label.value);
            });
    }

    void number(MetricType type, const NumberSeries& series) {
        to_.message(number_message(type), [&] {
            to_.fixed(number_field::value, series.value);
            if (type != MetricType::counter) return;
            if (series.exemplar) exemplar(counter_field::exemplar, *series.exemplar);
            created(counter_field::created, series.created);
        });
    }

    void histogram(const HistogramSeries& series) {
        to_.message(metric_field::histogram, [&] {
            to_.varint(histogram_field::count, series.count);
            to_.fixed(histogram_field::sum, series.sum);
            double below = -infinity;
            for (const Bucket& found : series.buckets) {
                bucket(series, below, found);
                below = found.upper_bound;
            }
            // The +Inf bucket is implied; it is written where it carries an exemplar.
            const bool implied = below != infinity && !(series.native && series.buckets.empty());
            if (implied && exemplar_in(series, below, infinity)) bucket(series, below, {infinity, series.count});
            if (series.native) native(series);
            created(histogram_field::created, series.created);
        });
    }

    static const Exemplar* exemplar_in(const HistogramSeries& series, double below, double bound) noexcept {
        const Exemplar* latest = nullptr;
        for (const Exemplar& found : series.exemplars)
            if (found.value > below && found.value <= bound && (!latest || found.at > latest->at)) latest = &found;
        return latest;
    }

    void bucket(const HistogramSeries& series, double below, const Bucket& bucket) {
        to_.message(histogram_field::bucket, [&] {
            to_.varint(bucket_field::cumulative_count, bucket.cumulative_count);
            to_.fixed(bucket_field::upper_bound, bucket.upper_bound);
            if (const Exemplar* found = exemplar_in(series, below, bucket.upper_bound))
                exemplar(bucket_field::exemplar, *found);
        });
    }

    void native(const HistogramSeries& series) {
        const NativeBuckets& buckets = *series.native;
        to_.signed_varint(histogram_field::schema, buckets.schema);
        to_.fixed(histogram_field::zero_threshold, std::max(buckets.zero_threshold, zero_threshold_default));
        to_.varint(histogram_field::zero_count, buckets.zero_count);
        spans(histogram_field::negative_span, buckets.negative_spans);
        to_.packed_signed(histogram_field::negative_delta, buckets.negative_deltas);
        spans(histogram_field::positive_span, buckets.positive_spans);
        to_.packed_signed(histogram_field::positive_delta, buckets.positive_deltas);
        for (const Exemplar& found : series.exemplars)
            if (found.at != WallTime{}) exemplar(histogram_field::exemplar, found);   // without a time none is taken
    }

    void spans(int field, const std::vector<BucketSpan>& spans) {
        for (const BucketSpan& span : spans)
            to_.message(field, [&] {
                to_.signed_varint(span_field::offset, span.offset);
                to_.varint(span_field::length, span.length);
            });
    }

    void summary(const SummarySeries& series) {
        to_.message(metric_field::summary, [&] {
            to_.varint(summary_field::count, series.count);
            to_.fixed(summary_field::sum, series.sum);
            for (const Quantile& quantile : series.quantiles)
                to_.message(summary_field::quantile, [&] {
                    to_.fixed(quantile_field::quantile, quantile.quantile);
                    to_.fixed(quantile_field::value, quantile.value);
                });
            created(summary_field::created, series.created);
        });
    }

    void exemplar(int field, const Exemplar& exemplar) {
        to_.message(field, [&] {
            labels(exemplar_field::label, exemplar.labels);
            to_.fixed(exemplar_field::value, exemplar.value);
            created(exemplar_field::timestamp, exemplar.at);
        });
    }

    // A google.protobuf.Timestamp, if it is known.
    void created(int field, WallTime at) {
        if (at == WallTime{}) return;
        const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
        to_.message(field, [&] {
            to_.varint(timestamp_field::seconds, static_cast<std::uint64_t>(seconds.time_since_epoch().count()));
            to_.varint(timestamp_field::nanos, static_cast<std::uint64_t>((at - seconds).count()));
        });
    }

    ProtobufWriter to_;
};

}  // namespace

std::string protobuf_page(std::span<const MetricFamily> families) {
    std::vector<const MetricFamily*> sorted;
    for (const auto& family : families)
        if (!family.empty() && metric_name_allowed(family.name)) sorted.push_back(&family);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    ProtobufPage page;
    for (const auto* family : sorted) page.family(*family);
    return std::move(page).take();
}

}  // namespace outrigger::metrics
