// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/scrape_metrics.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace outrigger::admin {
namespace {

using metrics::MetricFamily;
using metrics::MetricType;
using metrics::PageFormat;

MetricFamily family(std::string name, std::string help, MetricType type) {
    return {.name = std::move(name), .help = std::move(help), .type = type};
}

template <class Cells>
MetricFamily by_format(MetricFamily family, const Cells& cells) {
    for (const PageFormat format : {PageFormat::text, PageFormat::openmetrics, PageFormat::protobuf}) {
        const auto value = cells[static_cast<std::size_t>(format)].load(std::memory_order_relaxed);
        family.numbers.push_back({.labels = {{"format", to_string(format)}}, .value = static_cast<double>(value)});
    }
    return family;
}

MetricFamily single(MetricFamily family, std::uint64_t value) {
    family.numbers.push_back({.labels = {}, .value = static_cast<double>(value)});
    return family;
}

}  // namespace

void ScrapeMetrics::made(PageFormat format, Duration took, std::size_t bytes) noexcept {
    const auto nanoseconds = static_cast<std::uint64_t>(std::max(took, Duration::zero()).count());
    const auto bucket = static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), nanoseconds) -
                                                 bounds.begin());
    add(made_[static_cast<std::size_t>(format)], 1);
    bytes_[static_cast<std::size_t>(format)].store(bytes, std::memory_order_relaxed);
    add(durations_[bucket], 1);
    add(nanoseconds_, nanoseconds);
}

void ScrapeMetrics::collect(std::vector<MetricFamily>& into) const {
    into.push_back(by_format(
        family("outrigger_scrapes_total", "Metrics pages that were ready in time.", MetricType::counter),
        made_));
    into.push_back(single(family("outrigger_scrapes_timed_out_total",
                                 "Metrics pages that were not ready in time.", MetricType::counter),
                          timed_out_.load(std::memory_order_relaxed)));
    into.push_back(single(family("outrigger_scrapes_coalesced_total",
                                 "Scrapes that shared another one's collection.", MetricType::counter),
                          coalesced_.load(std::memory_order_relaxed)));
    into.push_back(by_format(family("outrigger_scrape_page_bytes",
                                    "Size of the last metrics page, before compression.", MetricType::gauge),
                             bytes_));
    into.back().unit = "bytes";

    metrics::HistogramSeries series{
        .labels = {}, .sum = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9};
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        series.count += durations_[i].load(std::memory_order_relaxed);
        series.buckets.push_back({static_cast<double>(bounds[i]) / 1e9, series.count});
    }
    series.count += durations_.back().load(std::memory_order_relaxed);
    into.push_back(family("outrigger_scrape_duration_seconds", "From a scrape's request to its page.",
                          MetricType::histogram));
    into.back().unit = "seconds";
    into.back().histograms.push_back(std::move(series));
}

}  // namespace outrigger::admin
