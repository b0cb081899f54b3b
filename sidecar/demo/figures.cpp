// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/figures.hpp"

#include <outrigger/metrics/parse_page.hpp>

namespace outrigger::demo {

upstream::Summary Figures::of(std::string_view upstream) const {
    for (const upstream::Summary& summary : upstreams)
        if (summary.name == upstream) return summary;
    return {};
}

std::uint64_t Figures::calls() const noexcept {
    std::uint64_t sum = 0;
    for (const upstream::Summary& summary : upstreams) sum += summary.calls;
    return sum;
}

std::uint64_t Figures::failed_calls() const noexcept {
    std::uint64_t sum = 0;
    for (const upstream::Summary& summary : upstreams) sum += summary.failed;
    return sum;
}

std::optional<Figures> read_figures(std::string_view page) {
    const metrics::ParsedPage parsed = metrics::parse_page(page, metrics::PageFormat::text);
    Figures figures{.upstreams = upstream::summarize(parsed.families)};
    bool known = false;
    for (const metrics::MetricFamily& family : parsed.families) {
        if (family.name == "http_server_active_requests" || family.name == "http_client_active_requests")
            for (const metrics::NumberSeries& series : family.numbers)
                figures.in_flight += static_cast<std::uint64_t>(series.value);
        if (family.name == "outrigger_build_info") known = true;   // there before the first request
        if (family.name != "http_server_request_duration_seconds") continue;
        for (const metrics::HistogramSeries& series : family.histograms) {
            figures.requests += series.count;
            if (!series.labels.value("error_type").empty()) figures.failures += series.count;
        }
    }
    return known ? std::optional{figures} : std::nullopt;
}

}  // namespace outrigger::demo
