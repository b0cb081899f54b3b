// SPDX-License-Identifier: Apache-2.0
#include "http_page.hpp"

#include "histogram_series.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace outrigger::metrics {
namespace {

MetricFamily named(HttpSide side, std::string_view what, std::string_view help, std::string_view unit) {
    const std::string_view word = side == HttpSide::server ? "server" : "client";
    return {.name = "http_" + std::string{word} + "_" + std::string{what},
            .help = std::string{help.substr(0, help.find('%'))} + std::string{word} +
                    std::string{help.substr(help.find('%') + 1)},
            .type = MetricType::histogram,
            .unit = std::string{unit}};
}

template <std::size_t Bounds>
void add_series(MetricFamily& family, const Labels& labels, const HistogramTotal<Bounds>& total,
                const std::array<std::uint64_t, Bounds>& bounds, double scale, const std::vector<Exemplar>& exemplars = {}) {
    if (total.count() == 0) return;
    family.histograms.push_back(histogram_series(labels, total, bounds, scale));
    family.histograms.back().exemplars = exemplars;
}

}  // namespace

HttpPage::HttpPage(HttpSide side, std::uint32_t series_max)
    : duration_{named(side, "request_duration_seconds", "Duration of HTTP % requests.", "seconds")},
      request_body_{named(side, "request_body_size_bytes", "Size of HTTP % request bodies.", "bytes")},
      response_body_{named(side, "response_body_size_bytes", "Size of HTTP % response bodies.", "bytes")},
      active_{.name = side == HttpSide::server ? "http_server_active_requests" : "http_client_active_requests",
              .help = "Exchanges that have begun and not ended.",
              .type = MetricType::gauge} {
    for (auto* family : {&duration_, &request_body_, &response_body_}) family->series_max = series_max;
}

void HttpPage::add(std::span<const HttpShard* const> shards, const std::string& upstream) {
    for (const SeriesTotal& total : sum_up(shards)) {
        if (total.series == nullptr) continue;
        if (total.series->overflow) {
            other_.add(total);
            continue;
        }
        const Labels& labels = total.series->labels;
        add_series(duration_, labels, total.duration, http_duration_bounds, nanoseconds_per_second, total.exemplars);
        add_series(request_body_, labels, total.request_body, http_body_size_bounds, 1.0);
        add_series(response_body_, labels, total.response_body, http_body_size_bounds, 1.0);
    }
    // Only methods that were seen: nine zeros on every page help nobody.
    for (std::size_t method = 0; method < http_method_count; ++method) {
        ActiveCell::Total total;
        for (const auto* shard : shards) shard->active()[method].add_to(total);
        if (total.begun != 0)
            active_.numbers.push_back(
                {.labels = {{"upstream", upstream}, {"http_request_method", http_method_words[method]}},
                 .value = static_cast<double>(total.active)});
    }
}

void HttpPage::append_to(std::vector<MetricFamily>& into) && {
    if (other_.series != nullptr) {
        const Labels& labels = other_.series->labels;
        add_series(duration_, labels, other_.duration, http_duration_bounds, nanoseconds_per_second, other_.exemplars);
        add_series(request_body_, labels, other_.request_body, http_body_size_bounds, 1.0);
        add_series(response_body_, labels, other_.response_body, http_body_size_bounds, 1.0);
    }
    duration_.folded = other_.duration.count();
    request_body_.folded = other_.request_body.count();
    response_body_.folded = other_.response_body.count();
    for (auto* family : {&duration_, &request_body_, &response_body_, &active_}) into.push_back(std::move(*family));
}

}  // namespace outrigger::metrics
