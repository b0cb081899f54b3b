// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/text_page.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "bound_texts.hpp"
#include "page_buffer.hpp"

namespace outrigger::metrics {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string_view type_word(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter: return "counter";
        case MetricType::histogram: return "histogram";
        case MetricType::summary: return "summary";
        case MetricType::gauge:
        case MetricType::info:
        case MetricType::state_set: return "gauge";   // the format knows neither of the last two
        case MetricType::unknown: break;
    }
    return "untyped";
}

// About what a page needs for it.
std::size_t expected_size(const MetricFamily& family) {
    constexpr std::size_t number = 16;
    const auto lines = [&](const auto& all, std::size_t each) {
        std::size_t labels = 0;
        for (const auto& series : all) labels += series.labels.text().size();
        return labels * each + all.size() * each * (family.name.size() + number);
    };
    const std::size_t buckets = family.histograms.empty() ? 0 : family.histograms.front().buckets.size();
    const std::size_t quantiles = family.summaries.empty() ? 0 : family.summaries.front().quantiles.size();
    return 2 * family.name.size() + family.help.size() + 32 + lines(family.numbers, 1) +
           lines(family.histograms, buckets + 3) + lines(family.summaries, quantiles + 2);
}

class TextPage {
public:
    explicit TextPage(std::size_t expected) { page_.reserve(expected); }

    void family(const MetricFamily& family) {
        page_.add("# HELP ");
        page_.add(family.name);
        page_.add(' ');
        page_.escaped(family.help, false);
        page_.add("\n# TYPE ");
        page_.add(family.name);
        page_.add(' ');
        page_.add(type_word(family.type));
        page_.add('\n');
        switch (family.type) {
            case MetricType::histogram: return histograms(family);
            case MetricType::summary: return summaries(family);
            case MetricType::counter:
            case MetricType::gauge:
            case MetricType::info:
            case MetricType::state_set:
            case MetricType::unknown: return numbers(family);
        }
    }

    [[nodiscard]] std::string take() && { return std::move(page_).take(); }

private:
    void numbers(const MetricFamily& family) {
        for (const NumberSeries& series : family.numbers)
            sample(family.name, series.labels, series.value, series.timestamp_ms);
    }

    void histograms(const MetricFamily& family) {
        const std::string bucket = family.name + "_bucket{";
        const std::string sum = family.name + "_sum";
        const std::string count = family.name + "_count";
        for (const HistogramSeries& series : family.histograms) {
            begin_ = bucket;   // what the lines of its buckets have in common
            if (!series.labels.empty()) (begin_ += series.labels.text()) += ',';
            std::size_t index = 0;
            for (const Bucket& found : series.buckets)
                if (found.upper_bound != infinity) this->bucket(index++, found, series.timestamp_ms);
            this->bucket(index, {infinity, series.count}, series.timestamp_ms);
            sample(sum, series.labels, series.sum, series.timestamp_ms);
            sample(count, series.labels, series.count, series.timestamp_ms);
        }
    }

    void bucket(std::size_t index, const Bucket& bucket, std::int64_t timestamp_ms) {
        page_.add(begin_);
        page_.add(bounds_.of(index, bucket.upper_bound, [](double bound) { return labelled("le", bound); }));
        page_.number(bucket.cumulative_count);
        end_line(timestamp_ms);
    }

    void summaries(const MetricFamily& family) {
        const std::string sum = family.name + "_sum";
        const std::string count = family.name + "_count";
        for (const SummarySeries& series : family.summaries) {
            for (const Quantile& quantile : series.quantiles) {
                page_.add(family.name);
                page_.add('{');
                page_.add(series.labels.text());
                if (!series.labels.empty()) page_.add(',');
                page_.add(labelled("quantile", quantile.quantile));
                page_.number(quantile.value);
                end_line(series.timestamp_ms);
            }
            sample(sum, series.labels, series.sum, series.timestamp_ms);
            sample(count, series.labels, series.count, series.timestamp_ms);
        }
    }

    template <class Number>
    void sample(std::string_view name, const Labels& labels, Number value, std::int64_t timestamp_ms) {
        page_.sample(name, labels.text(), value);
        end_line(timestamp_ms);
    }

    void end_line(std::int64_t timestamp_ms) {
        if (timestamp_ms != 0) {
            page_.add(' ');
            page_.number(timestamp_ms);
        }
        page_.add('\n');
    }

    // le="0.5"} and a blank
    static std::string labelled(std::string_view name, double value) {
        std::array<char, number_max> number;
        std::string text{name};
        (text += "=\"").append(number.data(), write_number(number.data(), value));
        return text += "\"} ";
    }

    PageBuffer page_;
    BoundTexts bounds_;
    std::string begin_;
};

}  // namespace

std::string text_page(std::span<const MetricFamily> families) {
    std::vector<const MetricFamily*> sorted;
    for (const auto& family : families)
        if (!family.empty() && metric_name_allowed(family.name)) sorted.push_back(&family);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    std::size_t bytes = 0;
    for (const auto* family : sorted) bytes += expected_size(*family);
    TextPage page{bytes};
    for (const auto* family : sorted) page.family(*family);
    return std::move(page).take();
}

}  // namespace outrigger::metrics
