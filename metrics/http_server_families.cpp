// SPDX-License-Identifier: Apache-2.0
#include "http_server_families.hpp"

#include "histogram_metric.hpp"
#include "http_server_summary.hpp"
#include "http_server_totals.hpp"
#include "proxy_families.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace outrigger::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::vector<ClientMetric::Label> labels(const HttpSeries& series) {
    if (series.overflow)
        return {{"http_request_method", "other"},
                {"http_route", "other"},
                {"http_response_status_code", "other"}};
    std::vector<ClientMetric::Label> all{{"http_request_method", std::string{to_string(series.method)}}};
    if (!series.route.empty()) all.push_back({"http_route", series.route});
    if (series.status != 0) all.push_back({"http_response_status_code", std::to_string(series.status)});
    if (auto error = error_type(series); !error.empty()) all.push_back({"error_type", std::move(error)});
    return all;
}

template <std::size_t Bounds>
MetricFamily histograms(MetricFamily family, std::span<const SeriesTotal> totals,
                        HistogramTotal<Bounds> SeriesTotal::*which,
                        const std::array<std::uint64_t, Bounds>& bounds, double scale) {
    for (const auto& total : totals)
        if (total.series != nullptr && (total.*which).count() != 0)
            family.metric.push_back(histogram_metric(labels(*total.series), total.*which, bounds, scale));
    return family;
}

// Only methods that were seen: nine zeros on every page help nobody.
MetricFamily active_requests(std::span<const HttpServerShard* const> shards) {
    MetricFamily family{
        "http_server_active_requests", "Exchanges that have begun and not ended.", MetricType::Gauge, {}};
    for (std::size_t method = 0; method < http_method_count; ++method) {
        ActiveCell::Total total;
        for (const auto* shard : shards) shard->active()[method].add_to(total);
        if (total.begun == 0) continue;
        ClientMetric metric;
        metric.label = {{"http_request_method", std::string{http_method_words[method]}}};
        metric.gauge.value = static_cast<double>(total.active);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

// How many observations each histogram family has in its `other` series; there from the first scrape, as a
// zero, so that a rate over it sees the first one too.
MetricFamily overflow(std::span<const MetricFamily> families, const SeriesTotal& other) {
    MetricFamily family{"outrigger_series_overflow_total",
                        "Observations counted in the series \"other\" because the family was full.",
                        MetricType::Counter,
                        {}};
    const std::uint64_t counts[] = {other.duration.count(), other.request_body.count(),
                                    other.response_body.count()};
    for (std::size_t i = 0; i < std::size(counts); ++i) {
        ClientMetric metric;
        metric.label = {{"family", families[i].name}};
        metric.counter.value = static_cast<double>(counts[i]);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

}  // namespace

HttpServerFamilies::HttpServerFamilies(std::uint32_t series_max) : series_max_{series_max} {}

HttpServerShard& HttpServerFamilies::take() {
    const std::scoped_lock lock{shards_mutex_};
    auto idle = std::find_if(shards_.begin(), shards_.end(), [](const Lent& lent) { return !lent.in_use; });
    if (idle == shards_.end()) {
        auto shard = std::make_unique<HttpServerShard>(*this, series_max_, overflow_);
        idle = shards_.insert(idle, {std::move(shard), false});
    }
    idle->in_use = true;
    return *idle->shard;
}

void HttpServerFamilies::give_back(const HttpServerShard& shard) noexcept {
    const std::scoped_lock lock{shards_mutex_};
    for (auto& lent : shards_)
        if (lent.shard.get() == &shard) lent.in_use = false;
}

const HttpSeries& HttpServerFamilies::admit(HttpSeries wanted) {
    const Labels key{wanted.method, wanted.route, wanted.status,
                     wanted.reason ? static_cast<int>(*wanted.reason) : -1};
    const std::scoped_lock lock{series_mutex_};
    if (const auto known = series_.find(key); known != series_.end()) return known->second;
    if (series_.size() == series_max_) return overflow_;
    wanted.index = series_.size() + 1;  // 0 is the overflow series
    return series_.emplace(key, std::move(wanted)).first->second;
}

std::vector<const HttpServerShard*> HttpServerFamilies::shards() const {
    const std::scoped_lock lock{shards_mutex_};
    std::vector<const HttpServerShard*> all;
    for (const auto& lent : shards_) all.push_back(lent.shard.get());
    return all;
}

std::uint64_t HttpServerFamilies::active() const {
    ActiveCell::Total total;
    for (const auto* shard : shards())
        for (const ActiveCell& cell : shard->active()) cell.add_to(total);
    return total.active;
}

HttpServerSummary HttpServerFamilies::summary() const { return summarize(shards()); }

std::vector<MetricFamily> HttpServerFamilies::Collect() const {
    const auto from = shards();
    auto totals = sum_up(from);
    if (totals.empty()) totals.resize(1);  // no recorder yet: an empty `other` series
    const auto named = [](const char* name, const char* help) {
        return MetricFamily{name, help, MetricType::Histogram, {}};
    };
    std::vector<MetricFamily> families;
    families.push_back(
        histograms(named("http_server_request_duration_seconds", "Duration of HTTP server requests."), totals,
                   &SeriesTotal::duration, http_duration_bounds, nanoseconds_per_second));
    families.push_back(
        histograms(named("http_server_request_body_size_bytes", "Size of HTTP server request bodies."),
                   totals, &SeriesTotal::request_body, http_body_size_bounds, 1.0));
    families.push_back(
        histograms(named("http_server_response_body_size_bytes", "Size of HTTP server response bodies."),
                   totals, &SeriesTotal::response_body, http_body_size_bounds, 1.0));
    families.push_back(overflow(families, totals.front()));
    families.push_back(active_requests(from));
    add_proxy_families(families, from);
    return families;
}

}  // namespace outrigger::metrics
