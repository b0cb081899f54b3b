// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/cardinality.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include <outrigger/core/utf8.hpp>

namespace outrigger::metrics {
namespace {

constexpr std::size_t example_bytes_max = 100;

// At most so many bytes, and no character cut in two.
std::string shortened(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size()) {
        const std::size_t next = length + utf8_step(text.substr(length)).length;
        if (next > example_bytes_max) break;
        length = next;
    }
    return std::string{text.substr(0, length)} + (length < text.size() ? "..." : "");
}

// The families own the labels: views are enough.
using Values = std::map<std::string_view, std::set<std::string_view>>;

template <class Series>
void gather(const std::vector<Series>& all, Values& values) {
    for (const Series& series : all)
        for (const Label& label : series.labels.all()) values[label.name].insert(label.value);
}

FamilyCardinality of(const MetricFamily& family) {
    Values values;
    gather(family.numbers, values);
    gather(family.histograms, values);
    gather(family.summaries, values);
    FamilyCardinality result{.name = family.name,
                             .type = family.type,
                             .series = family.size(),
                             .series_max = family.series_max,
                             .folded = family.folded};
    for (const auto& [name, found] : values) {
        LabelCardinality label{.name = std::string{name}, .distinct = found.size()};
        for (const std::string_view value : found) {
            if (label.examples.size() == cardinality_examples_max) break;
            label.examples.push_back(shortened(value));
        }
        result.labels.push_back(std::move(label));
    }
    std::sort(result.labels.begin(), result.labels.end(), [](const LabelCardinality& a, const LabelCardinality& b) {
        return std::tie(b.distinct, a.name) < std::tie(a.distinct, b.name);
    });
    return result;
}

}  // namespace

std::vector<FamilyCardinality> cardinality(std::span<const MetricFamily> families) {
    std::vector<FamilyCardinality> all;
    for (const MetricFamily& family : families) all.push_back(of(family));
    std::sort(all.begin(), all.end(), [](const FamilyCardinality& a, const FamilyCardinality& b) {
        return std::tie(b.series, a.name) < std::tie(a.series, b.name);
    });
    return all;
}

}  // namespace outrigger::metrics
