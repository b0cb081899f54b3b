// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace outrigger::health {

// A time of the system as ours, which counts nanoseconds and so ends in 2262: what is later counts as then, and what is
// before 1970 as that, so that differences from today stay within a Duration.
[[nodiscard]] inline WallTime wall_seconds(std::int64_t seconds) noexcept {
    constexpr std::int64_t last = std::chrono::floor<std::chrono::seconds>(Duration::max()).count() - 1;
    return WallTime{std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, last)}};
}

}   // namespace outrigger::health
