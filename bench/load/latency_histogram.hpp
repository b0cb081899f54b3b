// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

namespace outrigger::bench {

// Durations in buckets that are 1/128 of a power of two wide: no value is off by more than 0.8%, from 1 ns to 18 min.
class LatencyHistogram {
public:
    constexpr void record(Duration length) noexcept {
        const Duration capped = std::clamp(length, Duration::zero(), longest);
        ++counts_[bucket_of(static_cast<std::uint64_t>(capped.count()))];
        ++count_;
        longest_seen_ = std::max(longest_seen_, length);
    }

    [[nodiscard]] constexpr std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] constexpr Duration longest_seen() const noexcept { return longest_seen_; }

    // The duration below which this share of the recorded ones lies (the middle of its bucket); zero if none was.
    [[nodiscard]] constexpr Duration quantile(Ratio share) const noexcept {
        const auto rank = static_cast<std::uint64_t>(share.fraction() * static_cast<double>(count_));
        std::uint64_t below = 0;
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            below += counts_[bucket];
            if (below > rank || (below > 0 && below == count_)) return Duration{middle_of(bucket)};
        }
        return Duration::zero();
    }

private:
    static constexpr unsigned precision = 7;   // bits
    static constexpr unsigned longest_bits = 40;
    static constexpr Duration longest{(std::int64_t{1} << longest_bits) - 1};

    // Values below 256 have a bucket each; above, the highest 8 bits choose it.
    static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
        const unsigned width = static_cast<unsigned>(std::bit_width(value));
        const unsigned shift = width > precision + 1 ? width - precision - 1 : 0;
        return (std::size_t{shift} << precision) + static_cast<std::size_t>(value >> shift);
    }
    static constexpr std::int64_t middle_of(std::size_t bucket) noexcept {
        if (bucket < (std::size_t{2} << precision)) return static_cast<std::int64_t>(bucket);
        const std::size_t shift = (bucket >> precision) - 1;
        const std::size_t highest_bits = bucket - (shift << precision);
        return static_cast<std::int64_t>((highest_bits << shift) + (std::size_t{1} << shift) / 2);
    }

    std::array<std::uint64_t, std::size_t{longest_bits - precision + 1} << precision> counts_{};
    std::uint64_t count_ = 0;
    Duration longest_seen_{};
};

}  // namespace outrigger::bench
