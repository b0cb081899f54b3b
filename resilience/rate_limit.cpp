// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/rate_limit.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <outrigger/core/validate.hpp>

namespace outrigger::resilience {
namespace {

constexpr double most_calls = 1'000'000;   // of a window: 8 MB
constexpr Duration longest_refill = std::chrono::hours{24 * 30};

double calls_in(Rate rate, Duration time) noexcept {
    // A hair more: 3 calls in 1 s, written as a rate for 100 ms and back, are not 2.
    return std::floor(rate.per_second() * std::chrono::duration<double>{time}.count() * (1 + 1e-9));
}

std::uint32_t burst_of(const RateLimit& settings) {
    if (settings.burst) return *settings.burst;
    return static_cast<std::uint32_t>(std::max(1.0, calls_in(*settings.rate, std::chrono::seconds{1})));
}

}   // namespace

Contradictions RateLimit::contradictions() const {
    Contradictions found;
    if (burst && window)
        found.push_back({"burst",
                         "found a burst and a window, expected one of them: a window admits no burst",
                         "window"});
    if (!rate) {
        if (burst) found.push_back({"burst", "found a burst without a rate, expected both", {}});
        if (window) found.push_back({"window", "found a window without a rate, expected both", {}});
        return found;
    }
    if (burst && !window && *burst > calls_in(*rate, longest_refill))
        found.push_back({"burst",
                         "found " + std::to_string(*burst) + ", expected at most what the rate of " +
                             TextFormat<Rate>::print(*rate) + " allows in 30 days",
                         "rate"});
    if (window && !burst) {
        const double calls = calls_in(*rate, *window);
        if (calls < 1 || calls > most_calls)
            found.push_back({"window",
                             "found " + TextFormat<Duration>::print(*window) + ", in which a rate of " +
                                 TextFormat<Rate>::print(*rate) + " allows " +
                                 (calls < 1 ? "no call" : "more than 1000000 calls") +
                                 ", expected one in which it allows from 1 to 1000000",
                             "rate"});
    }
    return found;
}

RateLimiter::RateLimiter(const RateLimit& settings) : settings_{checked(settings)} {
    if (!settings_.rate) return;
    if (settings_.window)
        window_.emplace(static_cast<std::uint32_t>(calls_in(*settings_.rate, *settings_.window)),
                        *settings_.window);
    else
        bucket_.emplace(*settings_.rate, burst_of(settings_));
}

Result<void> RateLimiter::refuse(Duration missing) noexcept {
    refused_.fetch_add(1, std::memory_order_relaxed);
    if (settings_.shadow) return {};
    return Fault{.reason = Reason::rate_limited,
                 .detail = "the rate limit allows no further call at this moment",
                 .retry_after = Fault::in(missing)};
}

}   // namespace outrigger::resilience
