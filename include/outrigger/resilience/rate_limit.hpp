// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include <outrigger/core/describe.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/units_text.hpp>
#include <outrigger/resilience/sliding_window.hpp>
#include <outrigger/resilience/token_bucket.hpp>

namespace outrigger::resilience {

// How many calls per time. With a window: at most rate x window of them in any such time, exactly. Without: a bucket of
// tokens, which lets `burst` calls pass at once after a quiet time.
struct RateLimit {
    std::optional<Rate> rate = {};
    std::optional<std::uint32_t> burst = {};
    std::optional<Duration> window = {};
    bool shadow = false;

    friend bool operator==(const RateLimit&, const RateLimit&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        describe_rate(self, field);
        field("shadow", self.shadow, "Decide and count, but never act.");
    }
    // The keys that stand beside those of another limit, which has a shadow mode of its own.
    template <class Self, class Visitor, class... Options>
    static constexpr void describe_rate(Self& self, Visitor& field, const Options&... options) {
        using namespace std::chrono_literals;
        field("rate", self.rate, "Calls per time; unset: any number.",
              between(Rate::per_second(1.0 / 3600.0).value(), 1'000'000_per_second), options...);
        field("burst", self.burst,
              "Calls that may come at once after a quiet time; unset: what the rate allows in a second, at "
              "least 1.",
              between(1, 1'000'000), options...);
        field("window", self.window,
              "Instead of a burst: at most what the rate allows in this time is admitted in any such time.",
              between(1ms, 1h), options...);
    }
};

// Admits calls as its settings say and refuses the others (Reason::rate_limited), with the time after which one would
// be admitted, in whole milliseconds, rounded up.
//
// Thread-safe and lock-free: see TokenBucket and SlidingWindow. Nothing is allocated after it was made. In shadow mode
// everybody is admitted, and those who would have been refused are counted and use nothing up.
class RateLimiter {
public:
    // Throws std::invalid_argument if a setting is out of its range or contradicts another.
    explicit RateLimiter(const RateLimit& settings);
    RateLimiter(const RateLimiter&) = delete;
    RateLimiter& operator=(const RateLimiter&) = delete;

    [[nodiscard]] Result<void> try_acquire(Instant now) noexcept {
        const Duration missing = bucket_   ? bucket_->take(now)
                                 : window_ ? window_->take(now)
                                           : Duration::zero();
        if (missing == Duration::zero()) return {};
        return refuse(missing);
    }

    [[nodiscard]] const RateLimit& settings() const noexcept { return settings_; }
    // How many were turned away, or would have been (shadow), since the beginning.
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

private:
    [[nodiscard]] Result<void> refuse(Duration missing) noexcept;

    const RateLimit settings_;
    std::atomic<std::uint64_t> refused_{0};
    std::optional<TokenBucket> bucket_;
    std::optional<SlidingWindow> window_;
};

}   // namespace outrigger::resilience
