// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/units.hpp>

namespace outrigger::resilience {

// `length`, longer or shorter by up to `share` of it, uniformly: so that what began together does not stay in step.
// Never negative. Thread-safe as far as the generator is one thread's own.
[[nodiscard]] inline Duration varied(Duration length, Ratio share, Rng& rng) noexcept {
    const double factor = 1.0 + share.fraction() * (2.0 * rng.fraction() - 1.0);
    const double varied_length = static_cast<double>(length.count()) * factor;
    if (varied_length <= 0.0) return Duration::zero();
    if (varied_length >= static_cast<double>(Duration::max().count())) return Duration::max();
    return Duration{static_cast<Duration::rep>(varied_length)};
}

}  // namespace outrigger::resilience
