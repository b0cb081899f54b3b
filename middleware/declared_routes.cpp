// SPDX-License-Identifier: Apache-2.0
#include "declared_routes.hpp"

#include <mutex>
#include <utility>

#include <outrigger/metrics/learned_routes.hpp>
#include <outrigger/middleware/route_pattern.hpp>

namespace outrigger::middleware {

// Under the lock. Nothing: it is not there, and there is room for it.
const metrics::HttpRoute* DeclaredRoutes::find(std::string_view pattern) const {
    const auto known = routes_.find(pattern);
    if (known != routes_.end()) return &known->second;
    return routes_.size() == most ? &metrics::LearnedRoutes::other : nullptr;
}

metrics::HttpRoute DeclaredRoutes::of(std::string_view pattern) {
    {
        const std::shared_lock lock{mutex_};
        if (const auto* const known = find(pattern)) return *known;
    }
    std::string text = route_of_pattern(pattern);
    const std::unique_lock lock{mutex_};
    if (const auto* const known = find(pattern)) return *known;
    const std::string& kept = templates_.emplace_back(std::move(text));
    const auto id = static_cast<std::uint32_t>(templates_.size());
    return routes_.emplace(pattern, metrics::HttpRoute{id, kept}).first->second;
}

}   // namespace outrigger::middleware
