// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/units.hpp>

namespace outrigger::demo {

// An Rng that the shop's threads share. The sequence follows the seed; who draws which number does not.
class Chance {
public:
    explicit Chance(std::uint64_t seed) noexcept : rng_{seed} {}

    bool happens(Ratio share) {
        const std::lock_guard lock{mutex_};
        return rng_.fraction() < share.fraction();
    }
    Duration between(Duration low, Duration high) {
        const std::lock_guard lock{mutex_};
        return low + Duration{static_cast<Duration::rep>(
                         rng_.below(static_cast<std::uint64_t>((high - low).count())))};
    }

private:
    std::mutex mutex_;
    Rng rng_;
};

}  // namespace outrigger::demo
