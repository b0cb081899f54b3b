// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/upstream.hpp"

#include <algorithm>
#include <utility>

#include <outrigger/core/units_text.hpp>

namespace outrigger::upstream {
namespace {

// A failure is no quick reply: by its latency alone an endpoint that refuses every call at once would be the best one.
constexpr Duration failure_costs = std::chrono::seconds{1};

}   // namespace

Upstream::Upstream(std::string name, const Settings& settings, resilience::CircuitObserver* circuit,
                   EndpointObserver* endpoints)
    : name_{std::move(name)},
      settings_{settings},
      slow_connect_{"no connection within " + settings.setting + ".connect_timeout (" +
                    to_string(settings.connect_timeout) + ')'},
      all_ejected_{"all endpoints are ejected, by " + settings.setting + ".outlier (max_ejected: " +
                   to_string(settings.outlier.max_ejected) + ", panic: " + to_string(settings.outlier.panic) + ')'},
      observer_{endpoints},
      outlier_{settings.outlier} {
    if (settings_.breaker) breaker_.emplace(*settings_.breaker, name_, circuit);
}

void Upstream::settle(Endpoint& endpoint, resilience::Verdict verdict, Duration took, Instant now) noexcept {
    if (settings_.balance == config::BalanceMethod::ewma && verdict != resilience::Verdict::neutral)
        endpoint.latency().observe(verdict == resilience::Verdict::failure ? std::max(took, failure_costs) : took, now);
    if (verdict != resilience::Verdict::failure) return;
    const std::optional<OutlierDetector::Ejected> ejected = outlier_.failed(endpoint, now);
    if (ejected && observer_)
        observer_->on({name_, endpoint.name(), ejected->failures, ejected->length, ejected->shadow});
}

std::vector<EndpointReport> Upstream::report(Instant now) const {
    std::vector<EndpointReport> reports;
    for (const auto& endpoint : outlier_.endpoints()->all) {
        const Instant until = endpoint->ejected_until();
        const double latency = endpoint->latency().estimate(now);
        EndpointReport& report = reports.emplace_back();
        report.name = endpoint->name();
        report.ejected = until > now && outlier_.heeded();
        report.would_be_ejected = until > now && !outlier_.heeded();
        if (until > now) report.left = until - now;
        report.in_flight = endpoint->in_flight();
        report.failures_in_a_row = endpoint->standing().failures_in_a_row.load(std::memory_order_relaxed);
        if (latency > 0) report.latency = std::chrono::duration_cast<Duration>(std::chrono::duration<double>{latency});
    }
    return reports;
}

}   // namespace outrigger::upstream
