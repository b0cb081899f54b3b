// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/backoff.hpp>

#include <algorithm>

namespace outrigger::resilience {
namespace {

constexpr double decorrelated_growth = 3.0;   // of the AWS article

// By squaring: at most 32 steps, and the same on every machine. Infinity if it is too large.
constexpr double power(double base, std::uint32_t exponent) noexcept {
    double result = 1.0;
    for (; exponent > 0; exponent >>= 1U, base *= base)
        if (exponent & 1U) result *= base;
    return result;
}

// Compared before it is converted, so that infinity and NaN do not reach the conversion.
constexpr Duration times(Duration length, double factor, Duration most) noexcept {
    if (length <= Duration::zero()) return Duration::zero();
    const double product = static_cast<double>(length.count()) * factor;
    return product < static_cast<double>(most.count()) ? Duration{static_cast<Duration::rep>(product)} : most;
}

// Uniform, both ends included.
Duration drawn(Duration from, Duration to, Rng& rng) noexcept {
    const auto steps = static_cast<std::uint64_t>((to - from).count());
    return from + Duration{static_cast<Duration::rep>(rng.below(steps + 1))};
}

}   // namespace

Contradictions Backoff::contradictions() const {
    if (first <= max) return {};
    return {{"first", "found " + to_string(first) + ", expected at most backoff.max (" + to_string(max) + ')', "max"}};
}

Duration ceiling(const Backoff& settings, std::uint32_t ended_attempt) noexcept {
    const Duration first = std::max(settings.first, Duration::zero());
    const Duration most = std::max(settings.max, first);
    const std::uint32_t growths = std::max(ended_attempt, 1U) - 1;
    if (settings.jitter == Jitter::decorrelated)
        return times(first, power(decorrelated_growth, growths) * decorrelated_growth, most);
    return times(first, power(settings.factor, growths), most);
}

Duration pause(const Backoff& settings, std::uint32_t ended_attempt, Duration previous, Rng& rng) noexcept {
    const Duration first = std::max(settings.first, Duration::zero());
    const Duration most = ceiling(settings, ended_attempt);
    switch (settings.jitter) {
        case Jitter::none: return most;
        case Jitter::equal: return drawn(most / 2, most, rng);
        case Jitter::full: return drawn(Duration::zero(), most, rng);
        case Jitter::decorrelated: {
            const Duration widest = times(std::max(previous, first), decorrelated_growth, Duration::max());
            return std::min(drawn(first, widest, rng), std::max(settings.max, first));
        }
    }
    return most;
}

}   // namespace outrigger::resilience
