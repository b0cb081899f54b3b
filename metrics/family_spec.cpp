// SPDX-License-Identifier: Apache-2.0
#include "family_spec.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <stdexcept>
#include <string_view>

namespace outrigger::metrics {
namespace {

constexpr std::uint32_t series_most = 1'000'000;
constexpr std::size_t bounds_most = 1000;
constexpr std::size_t states_most = 64;
constexpr std::uint32_t native_buckets_most = 1024;
constexpr double growth_factor_most = 65536;   // 2^(2^4), the coarsest schema

[[noreturn]] void refuse(const FamilySpec& spec, const std::string& why) {
    throw std::invalid_argument("the metric family \"" + spec.name + "\" cannot be registered: " + why);
}

std::string_view suffix_of(InstrumentKind kind) noexcept {
    if (kind == InstrumentKind::counter) return "_total";
    return kind == InstrumentKind::info ? "_info" : "";
}

void check_name(const FamilySpec& spec) {
    const std::string_view name = spec.name;
    if (!metric_name_allowed(name) || name.find(':') != std::string_view::npos || name.starts_with("__"))
        refuse(spec, "a name consists of letters, digits and _, and begins with neither a digit nor __");
    const std::string_view suffix = suffix_of(spec.kind);
    if (!name.ends_with(suffix) || name.size() == suffix.size())
        refuse(spec, "the name of a " + std::string{to_string(type_of(spec.kind))} + " ends in " + std::string{suffix});
    if (suffix != "_total" && name.ends_with("_total"))
        refuse(spec, "only a counter's name ends in _total");
    if (spec.help.empty()) refuse(spec, "its help text is empty");
    if (spec.settings.unit.empty()) return;
    const std::string_view stem = name.substr(0, name.size() - suffix.size());
    if (!stem.ends_with("_" + spec.settings.unit))
        refuse(spec, "its unit is " + spec.settings.unit + ", so its name has to end in _" + spec.settings.unit + std::string{suffix});
}

void check_labels(const FamilySpec& spec) {
    std::set<std::string_view> known;
    for (const auto& label : spec.labels) {
        if (!label_name_allowed(label))
            refuse(spec, "the label name \"" + label + "\" is not allowed: letters, digits and _, no digit first");
        if (label.starts_with("__") || label == "le" || label == "quantile")
            refuse(spec, "the label name \"" + label + "\" is reserved");
        if (spec.kind == InstrumentKind::state_set && label == spec.name)
            refuse(spec, "the label \"" + label + "\" is where a state set has its states");
        if (!known.insert(label).second) refuse(spec, "the label name \"" + label + "\" is there twice");
    }
}

void check_bounds(const Bounds& bounds, const FamilySpec& spec) {
    if (bounds.size() > bounds_most)
        refuse(spec, std::to_string(bounds.size()) + " bucket bounds; allowed are 1 to " + std::to_string(bounds_most));
    for (std::size_t i = 0; i < bounds.size(); ++i)
        if (!std::isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
            refuse(spec, "its bucket bounds have to be finite and to ascend; bound " + std::to_string(i + 1) + " does not");
}

}  // namespace

MetricType type_of(InstrumentKind kind) noexcept {
    switch (kind) {
        case InstrumentKind::counter: return MetricType::counter;
        case InstrumentKind::gauge: return MetricType::gauge;
        case InstrumentKind::histogram:
        case InstrumentKind::native_histogram: return MetricType::histogram;
        case InstrumentKind::state_set: return MetricType::state_set;
        case InstrumentKind::info: return MetricType::info;
    }
    return MetricType::unknown;
}

void check(const FamilySpec& spec) {
    check_name(spec);
    check_labels(spec);
    if (spec.settings.series_max < 1 || spec.settings.series_max > series_most)
        refuse(spec, "series_max is " + std::to_string(spec.settings.series_max) + "; allowed are 1 to " + std::to_string(series_most));
    if (spec.settings.idle < Duration::zero()) refuse(spec, "idle is negative; 0 means never");
}

void check(const Counter::Settings&, const FamilySpec&) {}
void check(const Gauge::Settings&, const FamilySpec&) {}

void check(const Histogram::Settings& settings, const FamilySpec& spec) {
    if (settings.bounds.empty()) refuse(spec, "it has no bucket bounds");
    check_bounds(settings.bounds, spec);
}

void check(const NativeHistogram::Settings& settings, const FamilySpec& spec) {
    if (!(settings.growth_factor > 1 && settings.growth_factor <= growth_factor_most))
        refuse(spec, "growth_factor is " + std::to_string(settings.growth_factor) + "; it has to be above 1, at most 65536");
    if (settings.buckets_max < 1 || settings.buckets_max > native_buckets_most)
        refuse(spec, "buckets_max is " + std::to_string(settings.buckets_max) + "; allowed are 1 to " + std::to_string(native_buckets_most));
    if (!(settings.zero_threshold >= 0) || std::isinf(settings.zero_threshold))
        refuse(spec, "zero_threshold has to be finite and not negative");
    check_bounds(settings.classic_bounds, spec);
}

void check(const StateSet::Settings& settings, const FamilySpec& spec) {
    if (settings.states.empty() || settings.states.size() > states_most)
        refuse(spec, std::to_string(settings.states.size()) + " states; allowed are 1 to " + std::to_string(states_most));
    const std::set<std::string_view> distinct{settings.states.begin(), settings.states.end()};
    if (distinct.size() != settings.states.size()) refuse(spec, "a state is there twice");
    if (distinct.contains("")) refuse(spec, "a state is empty");
}

std::vector<std::string> reserved_names(const FamilySpec& spec) {
    if (type_of(spec.kind) == MetricType::histogram)
        return {spec.name, spec.name + "_bucket", spec.name + "_sum", spec.name + "_count"};
    if (const std::string_view suffix = suffix_of(spec.kind); !suffix.empty())
        return {spec.name, spec.name.substr(0, spec.name.size() - suffix.size())};
    return {spec.name};
}

}  // namespace outrigger::metrics
