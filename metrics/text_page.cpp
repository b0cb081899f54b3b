// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/text_page.hpp>

#include <prometheus/metric_family.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <outrigger/core/utf8.hpp>

namespace outrigger::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

bool letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool label_name_allowed(std::string_view name) noexcept {
    return !name.empty() && letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) { return letter(c) || digit(c); });
}

bool metric_name_allowed(std::string_view name) noexcept {
    return !name.empty() && !digit(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) { return letter(c) || digit(c) || c == ':'; });
}

std::string_view type_word(MetricType type) noexcept {
    switch (type) {
        case MetricType::Counter: return "counter";
        case MetricType::Gauge: return "gauge";
        case MetricType::Summary: return "summary";
        case MetricType::Histogram: return "histogram";
        default: break;  // untyped, and what later versions of prometheus-cpp add
    }
    return "untyped";
}

// The page as it grows.
class Page {
public:
    void family(const MetricFamily& family) {
        if (family.metric.empty() || !metric_name_allowed(family.name)) return;
        text_ += "# HELP ";
        text_ += family.name;
        text_ += ' ';
        escaped(family.help, false);
        text_ += "\n# TYPE ";
        text_ += family.name;
        text_ += ' ';
        text_ += type_word(family.type);
        text_ += '\n';
        for (const auto& metric : family.metric) samples(family, metric);
    }

    std::string take() && { return std::move(text_); }

private:
    struct Extra {  // `le` or `quantile`
        std::string_view name;
        double value = 0.0;
    };

    void samples(const MetricFamily& family, const ClientMetric& metric) {
        switch (family.type) {
            case MetricType::Counter: return sample(family.name, "", metric, metric.counter.value);
            case MetricType::Gauge: return sample(family.name, "", metric, metric.gauge.value);
            case MetricType::Summary: return summary(family.name, metric);
            case MetricType::Histogram: return histogram(family.name, metric);
            default: break;
        }
        sample(family.name, "", metric, metric.untyped.value);
    }

    void histogram(std::string_view name, const ClientMetric& metric) {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        const auto& histogram = metric.histogram;
        for (const auto& bucket : histogram.bucket) {
            const Extra le{"le", bucket.upper_bound};
            sample(name, "_bucket", metric, bucket.cumulative_count, &le);
        }
        // The format demands a +Inf bucket; not every source brings one.
        if (histogram.bucket.empty() || histogram.bucket.back().upper_bound != infinity) {
            const Extra le{"le", infinity};
            sample(name, "_bucket", metric, histogram.sample_count, &le);
        }
        sample(name, "_sum", metric, histogram.sample_sum);
        sample(name, "_count", metric, histogram.sample_count);
    }

    void summary(std::string_view name, const ClientMetric& metric) {
        for (const auto& entry : metric.summary.quantile) {
            const Extra quantile{"quantile", entry.quantile};
            sample(name, "", metric, entry.value, &quantile);
        }
        sample(name, "_sum", metric, metric.summary.sample_sum);
        sample(name, "_count", metric, metric.summary.sample_count);
    }

    template <class Number>
    void sample(std::string_view name, std::string_view suffix, const ClientMetric& metric, Number value,
                const Extra* extra = nullptr) {
        text_ += name;
        text_ += suffix;
        labels(metric, extra);
        text_ += ' ';
        number(value);
        if (metric.timestamp_ms != 0) {
            text_ += ' ';
            number(metric.timestamp_ms);
        }
        text_ += '\n';
    }

    void labels(const ClientMetric& metric, const Extra* extra) {
        char before = '{';
        for (const auto& label : metric.label) {
            if (label.value.empty() || !label_name_allowed(label.name)) continue;
            text_ += before;
            before = ',';
            text_ += label.name;
            text_ += "=\"";
            escaped(label.value, true);
            text_ += '"';
        }
        if (extra != nullptr) {
            text_ += before;
            before = ',';
            text_ += extra->name;
            text_ += "=\"";
            number(extra->value);
            text_ += '"';
        }
        if (before == ',') text_ += '}';
    }

    // A label value escapes \, " and newline; a HELP text only \ and newline.
    void escaped(std::string_view value, bool quotes) {
        while (!value.empty()) {
            const char c = value.front();
            const Utf8Step step = utf8_step(value);
            if (c == '\n')
                text_ += "\\n";
            else if (c == '\\' || (c == '"' && quotes))
                (text_ += '\\') += c;
            else
                text_ += step.valid ? value.substr(0, step.length) : utf8_replacement;
            value.remove_prefix(step.length);
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
