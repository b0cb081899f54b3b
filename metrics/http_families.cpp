// SPDX-License-Identifier: Apache-2.0
#include "http_families.hpp"

#include "http_page.hpp"
#include "http_server_summary.hpp"
#include "http_totals.hpp"
#include "proxy_families.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace outrigger::metrics {
namespace {

constexpr std::uint32_t series_most = 100'000;

// The label's value; empty: none. A status beyond 599 counts as 5xx (RFC 9110, section 15).
std::string error_type(const HttpSeries& series, HttpSide side) {
    if (series.reason) return std::string{to_string(*series.reason)};
    const int first_error = side == HttpSide::server ? 500 : 400;
    return series.status >= first_error ? std::to_string(series.status) : std::string{};
}

}  // namespace

SeriesBudget::SeriesBudget(std::uint32_t series_max) : series_max_{series_max} {
    if (series_max < 1 || series_max > series_most)
        throw std::invalid_argument("series_max is " + std::to_string(series_max) + "; allowed are 1 to 100000");
}

HttpFamilies::HttpFamilies(HttpSide side, std::string upstream, std::shared_ptr<SeriesBudget> budget)
    : side_{side}, upstream_{std::move(upstream)}, budget_{std::move(budget)}, overflow_{.overflow = true} {
    finish(overflow_);
}

// What follows from the fields: once, so that no scrape makes a string. A label that does not apply is left out.
void HttpFamilies::finish(HttpSeries& series) const {
    const auto known = [&series](std::string_view value) { return series.overflow ? "other" : value; };
    series.error_type = error_type(series, side_);
    const std::string status = series.status != 0 ? std::to_string(series.status) : std::string{};
    series.labels = {{"upstream", side_ == HttpSide::client ? known(upstream_) : ""},
                     {"http_request_method", known(to_string(series.method))},
                     {"http_route", known(series.route)},
                     {"http_response_status_code", known(status)},
                     {"error_type", series.error_type}};
}

HttpShard& HttpFamilies::take() {
    const std::scoped_lock lock{shards_mutex_};
    auto idle = std::find_if(shards_.begin(), shards_.end(), [](const Lent& lent) { return !lent.in_use; });
    if (idle == shards_.end()) {
        auto shard = std::make_unique<HttpShard>(*this, budget_->series_max(), overflow_);
        idle = shards_.insert(idle, {std::move(shard), false});
    }
    idle->in_use = true;
    return *idle->shard;
}

void HttpFamilies::give_back(const HttpShard& shard) noexcept {
    const std::scoped_lock lock{shards_mutex_};
    for (auto& lent : shards_)
        if (lent.shard.get() == &shard) lent.in_use = false;
}

const HttpSeries& HttpFamilies::admit(HttpSeries wanted) {
    const Key key{wanted.method, wanted.route, wanted.status, wanted.reason ? static_cast<int>(*wanted.reason) : -1};
    const std::scoped_lock lock{series_mutex_};
    if (const auto known = series_.find(key); known != series_.end()) return known->second;
    finish(wanted);   // before the budget is touched: it may throw
    if (!budget_->take()) return overflow_;
    wanted.index = series_.size() + 1;  // 0 is the overflow series
    return series_.emplace(key, std::move(wanted)).first->second;
}

std::vector<const HttpShard*> HttpFamilies::shards() const {
    const std::scoped_lock lock{shards_mutex_};
    std::vector<const HttpShard*> all;
    for (const auto& lent : shards_) all.push_back(lent.shard.get());
    return all;
}

std::uint64_t HttpFamilies::active() const {
    ActiveCell::Total total;
    for (const auto* shard : shards())
        for (const ActiveCell& cell : shard->active()) cell.add_to(total);
    return total.active;
}

HttpServerSummary HttpFamilies::summary() const { return summarize(shards()); }

void HttpFamilies::collect(std::vector<MetricFamily>& into) const {
    const auto from = shards();
    HttpPage page{side_, budget_->series_max()};
    page.add(from, upstream_);
    std::move(page).append_to(into);
    add_proxy_families(into, from);
}

}  // namespace outrigger::metrics
