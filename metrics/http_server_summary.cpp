// SPDX-License-Identifier: Apache-2.0
#include "http_server_summary.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "http_totals.hpp"
#include "quantile.hpp"

namespace outrigger::metrics {
namespace {

using DurationTotal = HistogramTotal<http_duration_bounds.size()>;

// A status beyond 599 counts as 5xx (RFC 9110, section 15).
std::size_t class_of(int status) noexcept { return static_cast<std::size_t>(std::clamp(status / 100, 0, 5)); }

struct RouteTotal {
    DurationTotal duration;
    std::uint64_t errors = 0;
};

class Summing {
public:
    void add_series(const SeriesTotal& total) {
        const std::uint64_t count = total.duration.count();
        if (!total.series || count == 0) return;
        const HttpSeries& series = *total.series;
        const std::string& error = series.error_type;
        summary_.requests += count;
        summary_.by_class[class_of(series.status)] += count;
        all_.add(total.duration);
        RouteTotal& route = routes_[series.overflow ? "other" : series.route];
        route.duration.add(total.duration);
        if (error.empty()) return;
        summary_.failed += count;
        errors_[error] += count;
        route.errors += count;
    }
    HttpServerSummary done() && {
        summary_.latency = latency(all_, http_duration_bounds);
        for (const auto& [type, count] : errors_) summary_.errors.push_back({type, count});
        for (const auto& [route, total] : routes_)
            summary_.routes.push_back({route, total.duration.count(), total.errors,
                                       latency(total.duration, http_duration_bounds)});
        // Equally frequent ones in the order of their names.
        std::sort(summary_.errors.begin(), summary_.errors.end(),
                  [](const auto& a, const auto& b) { return std::tie(b.count, a.type) < std::tie(a.count, b.type); });
        std::sort(summary_.routes.begin(), summary_.routes.end(), [](const auto& a, const auto& b) {
            return std::tie(b.requests, a.route) < std::tie(a.requests, b.route);
        });
        return std::move(summary_);
    }

private:
    HttpServerSummary summary_;
    DurationTotal all_;
    std::map<std::string, std::uint64_t> errors_;
    std::map<std::string, RouteTotal> routes_;
};

std::vector<HttpServerSummary::Stream> streams(std::span<const HttpShard* const> shards) {
    std::vector<HttpServerSummary::Stream> seen;
    for (const StreamKind kind : stream_kinds) {
        const StreamTotal total = sum_up(shards, kind);
        if (total.active.begun > 0 || total.duration.count() > 0)
            seen.push_back({kind, total.active.active, total.duration.count()});
    }
    return seen;
}

}  // namespace

HttpServerSummary summarize(std::span<const HttpShard* const> shards) {
    Summing sums;
    for (const SeriesTotal& total : sum_up(shards)) sums.add_series(total);
    HttpServerSummary summary = std::move(sums).done();
    ActiveCell::Total active;
    HistogramTotal<overhead_bounds.size()> overhead;
    for (const auto* shard : shards) {
        for (const ActiveCell& cell : shard->active()) cell.add_to(active);
        shard->overhead().add_to(overhead);
    }
    summary.active = active.active;
    summary.overhead = latency(overhead, overhead_bounds);
    summary.streams = streams(shards);
    return summary;
}

}  // namespace outrigger::metrics
