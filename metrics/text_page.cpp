// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/text_page.hpp>

#include <outrigger/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace outrigger::metrics {
namespace {

std::string_view type_word(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter: return "counter";
        case MetricType::gauge:
        case MetricType::info:
        case MetricType::state_set: return "gauge";
        case MetricType::histogram: return "histogram";
        case MetricType::summary: return "summary";
        case MetricType::unknown: break;
    }
    return "untyped";
}

// The page as it grows.
class Page {
public:
    void family(const MetricFamily& family) {
        if (family.empty() || !metric_name_allowed(family.name)) return;
        text_ += "# HELP ";
        text_ += family.name;
        text_ += ' ';
        help(family.help);
        text_ += "\n# TYPE ";
        text_ += family.name;
        text_ += ' ';
        text_ += type_word(family.type);
        text_ += '\n';
        for (const auto& series : family.numbers) sample(family.name, "", series, series.value);
        for (const auto& series : family.histograms) histogram(family.name, series);
        for (const auto& series : family.summaries) summary(family.name, series);
    }

    std::string take() && { return std::move(text_); }

private:
    struct Extra {  // `le` or `quantile`
        std::string_view name;
        double value = 0.0;
    };

    void histogram(std::string_view name, const HistogramSeries& series) {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        for (const auto& bucket : series.buckets) {
            const Extra le{"le", bucket.upper_bound};
            sample(name, "_bucket", series, bucket.cumulative_count, &le);
        }
        // The format demands a +Inf bucket; not every source brings one.
        if (series.buckets.empty() || series.buckets.back().upper_bound != infinity) {
            const Extra le{"le", infinity};
            sample(name, "_bucket", series, series.count, &le);
        }
        sample(name, "_sum", series, series.sum);
        sample(name, "_count", series, series.count);
    }

    void summary(std::string_view name, const SummarySeries& series) {
        for (const auto& entry : series.quantiles) {
            const Extra quantile{"quantile", entry.quantile};
            sample(name, "", series, entry.value, &quantile);
        }
        sample(name, "_sum", series, series.sum);
        sample(name, "_count", series, series.count);
    }

    template <class Series, class Number>
    void sample(std::string_view name, std::string_view suffix, const Series& series, Number value,
                const Extra* extra = nullptr) {
        text_ += name;
        text_ += suffix;
        labels(series.labels.text(), extra);
        text_ += ' ';
        number(value);
        if (series.timestamp_ms != 0) {
            text_ += ' ';
            number(series.timestamp_ms);
        }
        text_ += '\n';
    }

    void labels(std::string_view text, const Extra* extra) {
        if (text.empty() && extra == nullptr) return;
        text_ += '{';
        text_ += text;
        if (extra != nullptr) {
            if (!text.empty()) text_ += ',';
            text_ += extra->name;
            text_ += "=\"";
            number(extra->value);
            text_ += '"';
        }
        text_ += '}';
    }

    // Only \ and newline are escaped here; a quote stays.
    void help(std::string_view text) {
        while (!text.empty()) {
            const char c = text.front();
            const Utf8Step step = utf8_step(text);
            if (c == '\n')
                text_ += "\\n";
            else if (c == '\\')
                text_ += "\\\\";
            else
                text_ += step.valid ? text.substr(0, step.length) : utf8_replacement;
            text.remove_prefix(step.length);
        }
    }

    void number(double value) {
        if (std::isnan(value)) {
            text_ += "NaN";
        } else if (std::isinf(value)) {
            text_ += value > 0 ? "+Inf" : "-Inf";
        } else {
            digits(value);
        }
    }
    void number(std::uint64_t value) { digits(value); }
    void number(std::int64_t value) { digits(value); }

    template <class Number>
    void digits(Number value) {  // the shortest text that reads back as the same number, in any locale
        char buffer[32];
        const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value).ptr;
        text_.append(std::begin(buffer), end);
    }

    std::string text_;
};

}  // namespace

std::string text_page(std::span<const MetricFamily> families) {
    std::vector<const MetricFamily*> sorted;
    for (const auto& family : families) sorted.push_back(&family);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    Page page;
    for (const auto* family : sorted) page.family(*family);
    return std::move(page).take();
}

}  // namespace outrigger::metrics
