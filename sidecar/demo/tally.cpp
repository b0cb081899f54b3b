// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/tally.hpp"

#include <algorithm>
#include <cmath>

namespace outrigger::demo {

void Latencies::add(Duration latency) {
    max_ = std::max(max_, latency);
    ++seen_;
    if (samples_.size() < samples_max) return samples_.push_back(latency);
    if (const std::uint64_t place = rng_.below(seen_); place < samples_max) samples_[place] = latency;
}

Duration Latencies::percentile(double share) const {
    if (samples_.empty()) return {};
    std::vector<Duration> sorted = samples_;
    const double rank = std::ceil(share * static_cast<double>(sorted.size()));
    const auto index = std::clamp<std::size_t>(static_cast<std::size_t>(rank), 1, sorted.size()) - 1;
    const auto wanted = sorted.begin() + static_cast<std::ptrdiff_t>(index);
    std::nth_element(sorted.begin(), wanted, sorted.end());
    return *wanted;
}

void Tally::Row::count(const Response& response) {
    ++requests;
    if (response.failed()) ++errors;
    latencies.add(response.took);
}

RouteResult Tally::Row::result(std::string name) const {
    return {.name = std::move(name),
            .requests = requests,
            .errors = errors,
            .p50 = latencies.percentile(0.50),
            .p95 = latencies.percentile(0.95),
            .max = latencies.max()};
}

void Tally::count(const Planned& planned, const Response& response) {
    rows_[planned.entry].count(response);
    all_.count(response);
    if (response.reached) ++reached_;
    if (!response.failed()) ++served_;
}

Results Tally::results(Duration took) const {
    Results results{
        .took = took, .routes = {}, .all = all_.result("all"), .reached = reached_, .served = served_};
    for (std::size_t entry = 0; entry < mix.size(); ++entry)
        if (rows_[entry].requests > 0)
            results.routes.push_back(rows_[entry].result(std::string{mix[entry].name}));
    return results;
}

}  // namespace outrigger::demo
