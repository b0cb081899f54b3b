// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/summary.hpp"

#include <map>
#include <string_view>
#include <utility>

namespace outrigger::upstream {
namespace {

using metrics::HistogramSeries;
using metrics::Labels;
using metrics::NumberSeries;
using Summaries = std::map<std::string, Summary, std::less<>>;

// On the client side a status of the caller's own making, such as 404, is an error_type too: here it is none.
bool failed(const Labels& labels) {
    const std::string_view error = labels.value("error_type");
    return !error.empty() && !(error.size() == 3 && error.starts_with('4'));
}

void add_calls(const HistogramSeries& series, Summary& to) {
    to.calls += series.count;
    if (failed(series.labels)) to.failed += series.count;
}

void add(std::string_view family, const NumberSeries& series, Summary& to) {
    const std::string_view state = series.labels.value("state");
    const auto count = static_cast<std::uint64_t>(series.value);
    if (family == "outrigger_attempts_total") to.attempts += count;
    if (family == "outrigger_retries_total") to.retries += count;
    if (family == "outrigger_refused_total" && series.labels.value("reason") == "circuit_open")
        to.refused += count;
    if (family == "outrigger_circuit_transitions_total" && series.labels.value("to") == "open")
        to.opened += count;
    if (family == "outrigger_circuit_state" && count == 1) to.circuit = state;
    if (family == "outrigger_endpoints") (state == "ejected" ? to.ejected : to.healthy) += count;
    if (family == "outrigger_endpoint_ejections_total") to.ejections += count;
}

// Nothing: the series is of no upstream.
Summary* of(const Labels& labels, Summaries& all) {
    const std::string_view name = labels.value("upstream");
    if (name.empty()) return nullptr;
    Summary& summary = all[std::string{name}];
    summary.name = name;
    return &summary;
}

}  // namespace

std::vector<Summary> summarize(std::span<const metrics::MetricFamily> families) {
    Summaries all;
    for (const metrics::MetricFamily& family : families) {
        if (family.name == "http_client_request_duration_seconds")
            for (const HistogramSeries& series : family.histograms)
                if (Summary* const summary = of(series.labels, all)) add_calls(series, *summary);
        if (family.name.starts_with("outrigger_"))
            for (const NumberSeries& series : family.numbers)
                if (Summary* const summary = of(series.labels, all)) add(family.name, series, *summary);
    }
    std::vector<Summary> in_order;
    for (auto& [name, summary] : all) in_order.push_back(std::move(summary));
    return in_order;
}

}  // namespace outrigger::upstream
