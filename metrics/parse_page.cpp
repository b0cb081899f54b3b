// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/parse_page.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "sample_line.hpp"

namespace outrigger::metrics {
namespace {

constexpr std::size_t line_max = 64 * 1024;   // bytes
constexpr double infinity = std::numeric_limits<double>::infinity();

// What a sample is of its family.
enum class Role : std::uint8_t { none, number, bucket, sum, count, quantile, created };

struct Suffix {
    std::string_view text;
    Role role;
};

// Which of a series' samples have come: of several the first counts.
struct Seen {
    bool value = false, sum = false, count = false, infinite_bucket = false;
};

// A family as it is gathered.
struct Gathered {
    std::string base;   // as the page's TYPE names it
    MetricFamily family;
    bool typed = false;
    bool dissolved = false;   // of a type that the model does not have: its samples are families of their own
    std::unordered_map<std::string, std::size_t> series;   // by labels
    std::vector<Seen> seen;                                // of each series
};

// By their keys, each once: of several the first.
template <class Part>
void put_in_order(std::vector<Part>& parts, double Part::*key) {
    const auto falls = [key](const Part& a, const Part& b) { return a.*key >= b.*key; };
    if (std::adjacent_find(parts.begin(), parts.end(), falls) == parts.end()) return;   // mostly
    std::vector<std::pair<Part, std::size_t>> numbered;
    for (const Part& part : parts) numbered.emplace_back(part, numbered.size());
    std::sort(numbered.begin(), numbered.end(), [key](const auto& a, const auto& b) {
        return a.first.*key != b.first.*key ? a.first.*key < b.first.*key : a.second < b.second;
    });
    parts.clear();
    for (const auto& [part, number] : numbered)
        if (parts.empty() || parts.back().*key != part.*key) parts.push_back(part);
}

class PageParser {
public:
    PageParser(PageFormat format, ParseLimits limits) noexcept
        : openmetrics_{format == PageFormat::openmetrics}, limits_{limits} {}

    // What is wrong with the line; empty: nothing.
    [[nodiscard]] std::string_view line(std::string_view line) {
        if (ended_) return "something follows # EOF";
        if (line.size() > line_max) return "a line longer than 64 KiB";
        if (line.starts_with('#')) return comment(line);
        if (line.find_first_not_of(" \t") == std::string_view::npos) return {};
        SampleLine read;
        if (const std::string_view fault = read_sample(line, openmetrics_, read); !fault.empty()) return fault;
        return sample(read);
    }

    [[nodiscard]] std::string_view end() const noexcept {
        return openmetrics_ && !ended_ ? "the page does not end with # EOF" : "";
    }

    // What there is too much of; empty: nothing.
    [[nodiscard]] std::string_view excess() const noexcept {
        if (series_ > limits_.series) return "more series than are read";
        return families_.size() > limits_.families ? "more metrics than are read" : "";
    }

    [[nodiscard]] std::vector<MetricFamily> take() {
        std::vector<MetricFamily> families;
        for (const auto& gathered : families_) {
            finish(*gathered);
            if (!gathered->family.empty()) families.push_back(std::move(gathered->family));
        }
        return families;
    }

private:
    std::string_view comment(std::string_view line) {
        if (openmetrics_ && line == "# EOF") {
            ended_ = true;
            return {};
        }
        line.remove_prefix(1);
        const std::string_view keyword = take_word(line);
        if (keyword != "TYPE" && keyword != "HELP" && keyword != "UNIT") return {};   // anybody's remark
        const std::string_view name = take_word(line);
        if (!metric_name_allowed(name)) return "a metric's name is wrong";
        if (!line.empty()) line.remove_prefix(1);   // one blank; what follows is the text
        if (keyword == "TYPE") return type(name, line);
        Gathered& gathered = declared(name);
        if (keyword == "HELP") gathered.family.help = unescaped_help(line, openmetrics_);
        if (keyword == "UNIT") gathered.family.unit = line;
        return {};
    }

    static std::string_view take_word(std::string_view& line) noexcept {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        const std::string_view word = line.substr(0, std::min(line.find_first_of(" \t"), line.size()));
        line.remove_prefix(word.size());
        return word;
    }

    std::string_view type(std::string_view name, std::string_view word) {
        Gathered& gathered = declared(name);
        if (gathered.typed) return "a second TYPE of the same metric";
        if (!gathered.family.empty()) return "a TYPE behind its samples";
        gathered.typed = true;
        MetricFamily& family = gathered.family;
        if (word == "counter") {
            family.type = MetricType::counter;
            if (openmetrics_) family.name = gathered.base + "_total";
        } else if (word == "gauge") {
            family.type = MetricType::gauge;
        } else if (word == "histogram") {
            family.type = MetricType::histogram;
        } else if (word == "summary") {
            family.type = MetricType::summary;
        } else if (word == (openmetrics_ ? "unknown" : "untyped")) {
            family.type = MetricType::unknown;
        } else if (openmetrics_ && word == "info") {
            family.type = MetricType::info;
            family.name = gathered.base + "_info";
        } else if (openmetrics_ && word == "stateset") {
            family.type = MetricType::state_set;
        } else if (openmetrics_ && word == "gaugehistogram") {
            gathered.dissolved = true;
        } else {
            return "an unknown TYPE";
        }
        current_ = &gathered;
        return {};
    }

    Gathered& declared(std::string_view name) {
        const auto [place, is_new] = by_name_.try_emplace(std::string{name}, nullptr);
        if (is_new) {
            place->second = families_.emplace_back(std::make_unique<Gathered>()).get();
            place->second->base = place->second->family.name = name;
        }
        return *place->second;
    }

    [[nodiscard]] std::vector<Suffix> suffixes(const Gathered& gathered) const {
        if (gathered.dissolved) return {};
        switch (gathered.family.type) {
            case MetricType::counter:
                if (openmetrics_) return {{"_total", Role::number}, {"_created", Role::created}};
                break;
            case MetricType::info:
                return {{"_info", Role::number}};
            case MetricType::histogram:
                return {{"_bucket", Role::bucket},
                        {"_sum", Role::sum},
                        {"_count", Role::count},
                        {"_created", openmetrics_ ? Role::created : Role::none}};
            case MetricType::summary:
                return {{"", Role::quantile},
                        {"_sum", Role::sum},
                        {"_count", Role::count},
                        {"_created", openmetrics_ ? Role::created : Role::none}};
            case MetricType::gauge:
            case MetricType::state_set:
            case MetricType::unknown: break;
        }
        return {{"", Role::number}};
    }

    [[nodiscard]] Role role_in(const Gathered& gathered, std::string_view name) const {
        if (!name.starts_with(gathered.base)) return Role::none;
        const std::string_view behind = name.substr(gathered.base.size());
        for (const Suffix& suffix : suffixes(gathered))
            if (suffix.text == behind) return suffix.role;
        return Role::none;
    }

    std::string_view sample(const SampleLine& sample) {
        Role role = current_ ? role_in(*current_, sample.name) : Role::none;
        for (const std::string_view suffix : {"", "_total", "_created", "_info", "_bucket", "_sum", "_count"}) {
            if (role != Role::none) break;
            if (!sample.name.ends_with(suffix)) continue;
            const auto found = by_name_.find(std::string{sample.name.substr(0, sample.name.size() - suffix.size())});
            if (found == by_name_.end()) continue;
            role = role_in(*found->second, sample.name);
            if (role != Role::none) current_ = found->second;
        }
        if (role == Role::none) {
            if (by_name_.contains(std::string{sample.name})) return "a sample does not fit the TYPE of its metric";
            current_ = &declared(sample.name);
            role = Role::number;
        }
        return add(*current_, role, sample);
    }

    std::string_view add(Gathered& gathered, Role role, const SampleLine& sample) {
        const bool part = role == Role::bucket || role == Role::quantile;
        const MetricType type = gathered.family.type;
        const std::string_view reserved = type == MetricType::histogram ? "le"
                                          : type == MetricType::summary ? "quantile"
                                                                        : "";
        if (!reserved.empty() && !part && sample.label(reserved)) return "a sum or a count has a label le or quantile";
        std::vector<Label> labels;
        for (const ParsedLabel& label : sample.labels)
            if (label.name != reserved && !label.value.empty()) labels.push_back({label.name, label.value});
        std::optional<double> bound;
        if (part) {
            const ParsedLabel* const found = sample.label(reserved);
            if (found) bound = read_number(found->value);
            if (!bound || std::isnan(*bound))
                return reserved == "le" ? "a bucket has no le, or one that is no number"
                                        : "a summary's sample has no quantile, or one that is no number";
        }
        const auto [index, is_new] = place(gathered, labels);
        if (is_new) {
            gathered.seen.emplace_back();
            ++series_;
        }
        Seen& seen = gathered.seen[index];
        MetricFamily& family = gathered.family;
        if (family.type == MetricType::histogram)
            return add_to(at(family.histograms, index, labels), seen, role, bound, sample);
        if (family.type == MetricType::summary)
            return add_to(at(family.summaries, index, labels), seen, role, bound, sample);
        add_number(at(family.numbers, index, labels), seen, role, sample);
        return {};
    }

    template <class Series>
    static Series& at(std::vector<Series>& all, std::size_t index, const std::vector<Label>& labels) {
        if (index == all.size()) all.push_back({.labels = Labels{labels}});
        return all[index];
    }

    // The series with these labels, by its number.
    static std::pair<std::size_t, bool> place(Gathered& gathered, const std::vector<Label>& labels) {
        std::vector<Label> sorted = labels;
        std::sort(sorted.begin(), sorted.end());
        std::string key;
        for (const Label& label : sorted) {
            ((key += label.name) += '=') += std::to_string(label.value.size());   // so that no value can look like two
            (key += ':') += label.value;
        }
        const auto [found, is_new] = gathered.series.try_emplace(std::move(key), gathered.series.size());
        return {found->second, is_new};
    }

    void add_number(NumberSeries& series, Seen& seen, Role role, const SampleLine& sample) const {
        if (role == Role::created) {
            series.created = wall_time(sample.value);
        } else if (!std::exchange(seen.value, true)) {
            series.value = sample.value;
            series.timestamp_ms = timestamp_ms(sample);
            if (sample.exemplar) series.exemplar = std::make_shared<const Exemplar>(exemplar(*sample.exemplar));
        }
    }

    template <class Series>
    std::string_view add_to(Series& series, Seen& seen, Role role, std::optional<double> bound,
                            const SampleLine& sample) const {
        if (series.timestamp_ms == 0) series.timestamp_ms = timestamp_ms(sample);
        switch (role) {
            case Role::sum:
                if (!std::exchange(seen.sum, true)) series.sum = sample.value;
                return {};
            case Role::created: series.created = wall_time(sample.value); return {};
            case Role::count: {
                const auto count = whole(sample.value);
                if (!count) return "a count is no whole number";
                if (!std::exchange(seen.count, true)) series.count = *count;
                return {};
            }
            case Role::bucket:
            case Role::quantile: return add_part(series, seen, *bound, sample);
            case Role::none:
            case Role::number: break;
        }
        return "a sample does not fit the TYPE of its metric";
    }

    static std::string_view add_part(SummarySeries& series, const Seen&, double quantile, const SampleLine& sample) {
        if (quantile < 0.0 || quantile > 1.0) return "a quantile is not between 0 and 1";
        series.quantiles.push_back({quantile, sample.value});
        return {};
    }

    static std::string_view add_part(HistogramSeries& series, Seen& seen, double bound, const SampleLine& sample) {
        const auto count = whole(sample.value);
        if (!count) return "a bucket's count is no whole number";
        if (bound == infinity) {
            if (!std::exchange(seen.infinite_bucket, true) && !seen.count) series.count = *count;
        } else {
            series.buckets.push_back({bound, *count});
        }
        if (sample.exemplar) series.exemplars.push_back(exemplar(*sample.exemplar));
        return {};
    }

    static void finish(Gathered& gathered) {
        MetricFamily& family = gathered.family;
        for (HistogramSeries& series : family.histograms) finish(series);
        for (SummarySeries& series : family.summaries) {
            put_in_order(series.quantiles, &Quantile::quantile);
        }
        // A counter of which only `_created` came is none.
        std::size_t index = 0;
        std::erase_if(family.numbers, [&](const NumberSeries&) { return !gathered.seen[index++].value; });
    }

    // The buckets in their order, each once, and never fewer than in the one before.
    static void finish(HistogramSeries& series) {
        put_in_order(series.buckets, &Bucket::upper_bound);
        std::uint64_t below = 0;
        for (Bucket& bucket : series.buckets)
            below = bucket.cumulative_count = std::max(bucket.cumulative_count, below);
        series.count = std::max(series.count, below);
    }

    static std::optional<std::uint64_t> whole(double value) noexcept {
        if (!(value >= 0.0 && value < 0x1p63) || value != std::floor(value)) return std::nullopt;
        return static_cast<std::uint64_t>(value);
    }

    [[nodiscard]] std::int64_t timestamp_ms(const SampleLine& sample) const noexcept {
        const double milliseconds = sample.timestamp.value_or(0.0) * (openmetrics_ ? 1e3 : 1.0);
        return std::fabs(milliseconds) < 0x1p62 ? std::llround(milliseconds) : 0;   // NaN too
    }

    // Beyond what a WallTime holds: not known.
    static WallTime wall_time(double seconds) noexcept {
        if (!(std::fabs(seconds) < 9e9)) return {};
        const double whole_seconds = std::floor(seconds);
        return WallTime{std::chrono::seconds{static_cast<std::int64_t>(whole_seconds)} +
                        std::chrono::nanoseconds{std::llround((seconds - whole_seconds) * 1e9)}};
    }

    static Exemplar exemplar(const ParsedExemplar& parsed) {
        std::vector<Label> labels;
        for (const ParsedLabel& label : parsed.labels) labels.push_back({label.name, label.value});
        return {.labels = Labels{labels}, .value = parsed.value, .at = wall_time(parsed.at.value_or(0.0))};
    }

    const bool openmetrics_;
    const ParseLimits limits_;
    std::size_t series_ = 0;
    bool ended_ = false;
    std::vector<std::unique_ptr<Gathered>> families_;
    std::unordered_map<std::string, Gathered*> by_name_;
    Gathered* current_ = nullptr;
};

}  // namespace

ParsedPage parse_page(std::string_view page, PageFormat format, ParseLimits limits) {
    PageParser parser{format, limits};
    ParsedPage parsed;
    std::size_t line = 0;
    while (!page.empty()) {
        ++line;
        const std::size_t end = std::min(page.find('\n'), page.size());
        const std::string_view fault = parser.line(page.substr(0, end));
        page.remove_prefix(std::min(end + 1, page.size()));
        if (!fault.empty()) return {{}, line, fault};
        if (const std::string_view excess = parser.excess(); !excess.empty()) return {{}, line, excess, true};
    }
    if (const std::string_view fault = parser.end(); !fault.empty()) return {{}, line + 1, fault};
    parsed.families = parser.take();
    return parsed;
}

}  // namespace outrigger::metrics
