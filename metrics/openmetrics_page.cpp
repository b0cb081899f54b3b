// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/openmetrics_page.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <outrigger/core/utf8.hpp>

#include "bound_texts.hpp"
#include "page_buffer.hpp"

namespace outrigger::metrics {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t exemplar_characters_max = 128;   // OpenMetrics 1.0, "Exemplars"

std::string_view type_word(MetricType type) noexcept {
    return type == MetricType::state_set ? "stateset" : to_string(type);
}

// What a type's names end in: the samples' have it, the family's has not.
std::string_view suffix_of(MetricType type) noexcept {
    if (type == MetricType::counter) return "_total";
    return type == MetricType::info ? "_info" : "";
}

std::vector<std::string_view> sample_suffixes(MetricType type) {
    switch (type) {
        case MetricType::counter: return {"", "_total", "_created"};
        case MetricType::histogram: return {"", "_bucket", "_sum", "_count", "_created"};
        case MetricType::summary: return {"", "_sum", "_count", "_created"};
        case MetricType::info: return {"", "_info"};
        case MetricType::gauge:
        case MetricType::state_set:
        case MetricType::unknown: break;
    }
    return {""};
}

bool allowed(MetricType type, double value) noexcept {
    switch (type) {
        case MetricType::counter: return value >= 0.0;   // NaN is not
        case MetricType::info: return value == 1.0;
        case MetricType::state_set: return value == 0.0 || value == 1.0;
        case MetricType::gauge:
        case MetricType::histogram:
        case MetricType::summary:
        case MetricType::unknown: break;
    }
    return true;
}

std::size_t characters(std::string_view text) noexcept {
    std::size_t count = 0;
    while (!text.empty()) {
        text.remove_prefix(utf8_step(text).length);
        ++count;
    }
    return count;
}

bool short_enough(const Labels& labels) noexcept {
    std::size_t count = 0;
    for (const Label& label : labels.all()) count += label.name.size() + characters(label.value);
    return count <= exemplar_characters_max;
}

// How a family stands on the page.
struct Entry {
    std::string name;   // without the suffix that its type's samples have
    MetricType type;
    const MetricFamily* family;
};

// Who gets a name that two want: first those who cannot stand under another one, of them the richest.
int claim_rank(MetricType type) noexcept {
    switch (type) {
        case MetricType::histogram:
        case MetricType::summary: return 0;
        case MetricType::gauge:
        case MetricType::state_set:
        case MetricType::unknown: return 1;
        case MetricType::counter: return 2;
        case MetricType::info: return 3;
    }
    return 0;
}

// Takes the names for itself unless one of them is taken.
bool claim(std::set<std::string>& taken, const Entry& entry) {
    std::vector<std::string> names;
    for (const std::string_view suffix : sample_suffixes(entry.type)) names.push_back(entry.name + std::string{suffix});
    if (std::any_of(names.begin(), names.end(),
                    [&](const std::string& name) { return taken.contains(name); }))
        return false;
    taken.insert(names.begin(), names.end());
    return true;
}

std::vector<Entry> entries(std::span<const MetricFamily> families) {
    std::vector<Entry> sorted;
    for (const MetricFamily& family : families) {
        if (family.empty() || !metric_name_allowed(family.name)) continue;
        std::string name = family.name;
        const std::string_view suffix = suffix_of(family.type);
        if (name.ends_with(suffix) && name.size() > suffix.size()) name.resize(name.size() - suffix.size());
        sorted.push_back({std::move(name), family.type, &family});
    }
    std::sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
        return std::pair{claim_rank(a.type), std::string_view{a.family->name}} <
               std::pair{claim_rank(b.type), std::string_view{b.family->name}};
    });
    std::set<std::string> taken;
    std::erase_if(sorted, [&taken](Entry& entry) {
        if (claim(taken, entry)) return false;
        const bool numbers = entry.type != MetricType::histogram && entry.type != MetricType::summary;
        entry.name = entry.family->name;
        entry.type = MetricType::unknown;
        return !numbers || !claim(taken, entry);
    });
    std::sort(sorted.begin(), sorted.end(),
              [](const Entry& a, const Entry& b) { return a.family->name < b.family->name; });
    return sorted;
}

class OpenMetricsPage {
public:
    void family(const Entry& entry) {
        meta("# TYPE ", entry.name);
        page_.add(type_word(entry.type));
        page_.add('\n');
        if (has_unit(entry)) {
            meta("# UNIT ", entry.name);
            page_.add(entry.family->unit);
            page_.add('\n');
        }
        meta("# HELP ", entry.name);
        page_.escaped(entry.family->help, true);
        page_.add('\n');
        switch (entry.type) {
            case MetricType::histogram: return histograms(entry);
            case MetricType::summary: return summaries(entry);
            case MetricType::counter:
            case MetricType::gauge:
            case MetricType::info:
            case MetricType::state_set:
            case MetricType::unknown: return numbers(entry);
        }
    }

    [[nodiscard]] std::string take() && {
        page_.add("# EOF\n");
        return std::move(page_).take();
    }

private:
    void meta(std::string_view what, std::string_view name) {
        page_.add(what);
        page_.add(name);
        page_.add(' ');
    }

    // A unit that the name does not end in is forbidden, and so is an info's or a state set's.
    static bool has_unit(const Entry& entry) noexcept {
        const std::string& unit = entry.family->unit;
        if (!label_name_allowed(unit) || entry.type == MetricType::info ||
            entry.type == MetricType::state_set)
            return false;
        return entry.name.size() > unit.size() + 1 && entry.name.ends_with(unit) &&
               entry.name[entry.name.size() - unit.size() - 1] == '_';
    }

    void numbers(const Entry& entry) {
        const std::string name = entry.name + std::string{suffix_of(entry.type)};
        for (const NumberSeries& series : entry.family->numbers) {
            if (!allowed(entry.type, series.value)) continue;
            sample(name, series.labels, series.value, series.timestamp_ms);
            if (series.exemplar && entry.type == MetricType::counter) exemplar(*series.exemplar);
            page_.add('\n');
        }
    }

    void histograms(const Entry& entry) {
        const std::string bucket = entry.name + "_bucket{";
        const std::string sum = entry.name + "_sum";
        const std::string count = entry.name + "_count";
        for (const HistogramSeries& series : entry.family->histograms) {
            begin_ = bucket;   // what the lines of its buckets have in common
            if (!series.labels.empty()) (begin_ += series.labels.text()) += ',';
            std::size_t index = 0;
            double below = -infinity;
            for (const Bucket& found : series.buckets) {
                if (found.upper_bound == infinity) continue;
                this->bucket(series, index++, below, found);
                below = found.upper_bound;
            }
            this->bucket(series, index, below, {infinity, series.count});
            // A histogram with a negative bucket may have neither.
            if (series.sum < 0.0 || (!series.buckets.empty() && series.buckets.front().upper_bound < 0.0)) continue;
            line(sum, series.labels, series.sum, series.timestamp_ms);
            line(count, series.labels, series.count, series.timestamp_ms);
        }
    }

    void bucket(const HistogramSeries& series, std::size_t index, double below, const Bucket& bucket) {
        page_.add(begin_);
        page_.add(bounds_.of(index, bucket.upper_bound, [](double bound) { return labelled("le", bound); }));
        page_.number(bucket.cumulative_count);
        timestamp(series.timestamp_ms);
        const Exemplar* latest = nullptr;
        for (const Exemplar& found : series.exemplars)
            if (found.value > below && found.value <= bucket.upper_bound &&
                (!latest || found.at > latest->at))
                latest = &found;
        if (latest) exemplar(*latest);
        page_.add('\n');
    }

    void summaries(const Entry& entry) {
        const std::string sum = entry.name + "_sum";
        const std::string count = entry.name + "_count";
        for (const SummarySeries& series : entry.family->summaries) {
            for (const Quantile& quantile : series.quantiles) {
                if (!(quantile.quantile >= 0.0 && quantile.quantile <= 1.0) || quantile.value < 0.0) continue;
                page_.add(entry.name);
                page_.add('{');
                page_.add(series.labels.text());
                if (!series.labels.empty()) page_.add(',');
                page_.add(labelled("quantile", quantile.quantile));
                page_.number(quantile.value);
                timestamp(series.timestamp_ms);
                page_.add('\n');
            }
            if (!(series.sum < 0.0)) line(sum, series.labels, series.sum, series.timestamp_ms);
            line(count, series.labels, series.count, series.timestamp_ms);
        }
    }

    template <class Number>
    void line(std::string_view name, const Labels& labels, Number value, std::int64_t timestamp_ms) {
        sample(name, labels, value, timestamp_ms);
        page_.add('\n');
    }

    template <class Number>
    void sample(std::string_view name, const Labels& labels, Number value, std::int64_t timestamp_ms) {
        page_.sample(name, labels.text(), value);
        timestamp(timestamp_ms);
    }

    void timestamp(std::int64_t milliseconds) {
        if (milliseconds == 0) return;
        page_.add(' ');
        page_.number(static_cast<double>(milliseconds) / 1e3);
    }

    void exemplar(const Exemplar& exemplar) {
        if (!short_enough(exemplar.labels)) return;
        page_.add(" # {");
        page_.add(exemplar.labels.text());
        page_.add("} ");
        page_.number(exemplar.value);
        const auto milliseconds = std::chrono::round<std::chrono::milliseconds>(exemplar.at.time_since_epoch()).count();
        timestamp(milliseconds);
    }

    // le="0.5"} and a blank
    static std::string labelled(std::string_view name, double value) {
        return std::string{name} + "=\"" + canonical_number(value) + "\"} ";
    }

    PageBuffer page_;
    BoundTexts bounds_;
    std::string begin_;
};

}  // namespace

std::string openmetrics_page(std::span<const MetricFamily> families) {
    OpenMetricsPage page;
    for (const Entry& entry : entries(families)) page.family(entry);
    return std::move(page).take();
}

}  // namespace outrigger::metrics
