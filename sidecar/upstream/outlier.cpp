// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/outlier.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <outrigger/core/validate.hpp>

namespace outrigger::upstream {
namespace {

// A share of so many, rounded down: 29% of 100 are 29, though 0.29 x 100 is a little less.
std::size_t share_of(Ratio share, std::size_t count) noexcept {
    constexpr double rounding = 1e-9;
    return static_cast<std::size_t>(std::floor(share.fraction() * static_cast<double>(count) + rounding));
}

}   // namespace

OutlierDetector::OutlierDetector(const config::Outlier& settings) : settings_{checked(settings)} {}

void OutlierDetector::set_endpoints(std::shared_ptr<const EndpointList> endpoints) noexcept {
    const std::scoped_lock lock{mutex_};
    endpoints_ = std::move(endpoints);
    full_until_.store(Instant::min(), std::memory_order_relaxed);
}

std::shared_ptr<const EndpointList> OutlierDetector::endpoints() const noexcept {
    const std::scoped_lock lock{mutex_};
    return endpoints_;
}

std::optional<OutlierDetector::Ejected> OutlierDetector::failed(Endpoint& endpoint, Instant now) noexcept {
    // What was under way when it was ejected adds nothing, neither now nor to the row after its return.
    if (endpoint.ejected_until() > now) return std::nullopt;
    Endpoint::Standing& standing = endpoint.standing();
    if (standing.failures_in_a_row.fetch_add(1, std::memory_order_relaxed) + 1 < settings_.consecutive)
        return std::nullopt;
    if (now < full_until_.load(std::memory_order_relaxed)) {
        spared_.fetch_add(1, std::memory_order_relaxed);
        return std::nullopt;
    }
    const std::scoped_lock lock{mutex_};
    if (endpoint.ejected_until() > now) {   // by another worker, meanwhile
        standing.failures_in_a_row.store(0, std::memory_order_relaxed);
        return std::nullopt;
    }
    const std::uint32_t failures = standing.failures_in_a_row.load(std::memory_order_relaxed);
    if (failures < settings_.consecutive) return std::nullopt;   // a success has come meanwhile
    if (!may_eject(endpoint, now)) {
        spared_.fetch_add(1, std::memory_order_relaxed);
        return std::nullopt;
    }
    return Ejected{failures, eject(endpoint, now), settings_.shadow};
}

bool OutlierDetector::may_eject(const Endpoint& endpoint, Instant now) noexcept {
    std::size_t away = 0;
    bool present = false;
    Instant first_back = never;
    for (const auto& other : endpoints_->all) {
        if (other.get() == &endpoint) present = true;
        const Instant until = other->ejected_until();
        if (until <= now) continue;
        ++away;
        first_back = std::min(first_back, until);
    }
    const bool full = away >= share_of(settings_.max_ejected, endpoints_->all.size());
    if (full) full_until_.store(first_back, std::memory_order_relaxed);
    return present && !full;
}

Duration OutlierDetector::eject(Endpoint& endpoint, Instant now) noexcept {
    Endpoint::Standing& standing = endpoint.standing();
    std::uint32_t times = standing.ejections.load(std::memory_order_relaxed);
    if (times > 0) {
        const auto good = (now - endpoint.ejected_until()) / settings_.eject_for;
        times = good >= times ? 0 : times - static_cast<std::uint32_t>(good);
    }
    times = std::min(times + 1, longest);
    const Duration length = settings_.eject_for * times;
    standing.ejections.store(times, std::memory_order_relaxed);
    standing.failures_in_a_row.store(0, std::memory_order_relaxed);
    standing.ejected_until.store(after(now, length), std::memory_order_relaxed);
    ejections_.fetch_add(1, std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);   // who sees this sees the ejection
    return length;
}

}   // namespace outrigger::upstream
