// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

// Prometheus' exponential buckets: at schema s bucket i holds (base^(i-1), base^i], base = 2^(2^-s). A step down
// in the schema joins two buckets to one, exactly: 2i-1 and 2i become i. So every value is looked up at the finest
// schema, and its bucket at any other follows by a shift.
// (prometheus/docs, specs/native_histograms; client_golang picks the same bucket for the same value.)
namespace outrigger::metrics {

inline constexpr int schema_finest = 8;
inline constexpr int schema_coarsest = -4;

// The bucket at a coarser schema, `steps` below: i / 2^steps, rounded up.
[[nodiscard]] constexpr std::int32_t coarser(std::int32_t index, int steps) noexcept {
    return (index + (std::int32_t{1} << steps) - 1) >> steps;
}

// The coarsest schema whose buckets grow by at most this factor, within -4 to 8.
[[nodiscard]] int schema_for(double growth_factor) noexcept;

// From a value to its bucket at schema 8.
class ExponentialIndex {
public:
    ExponentialIndex();

    // Positive values up to infinity, which falls in the bucket after the largest number's.
    [[nodiscard]] std::int32_t operator()(double value) const noexcept {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        const auto exponent = static_cast<std::int32_t>(bits >> mantissa_bits);
        if (exponent == 0 || exponent == infinite_exponent) [[unlikely]]
            return extreme(value);
        const std::uint64_t mantissa = bits & ((std::uint64_t{1} << mantissa_bits) - 1);
        // Bounds are farther apart than the steps of the table, so at most one lies within a step.
        std::uint32_t below = steps_[mantissa >> (mantissa_bits - step_bits)];
        below += bounds_[below] < mantissa ? 1U : 0U;
        return static_cast<std::int32_t>(below) + (exponent - one_exponent) * per_octave;
    }

private:
    static constexpr int mantissa_bits = 52;
    static constexpr int step_bits = 9;
    static constexpr int per_octave = 1 << schema_finest;
    static constexpr std::int32_t one_exponent = 1023;   // of 1.0, whose bucket is 0: (2^(-1/256), 1]

    static constexpr std::int32_t infinite_exponent = 2047;

    [[nodiscard]] std::int32_t extreme(double value) const noexcept;

    std::array<std::uint64_t, per_octave + 1> bounds_{};         // mantissas of 2^(i/256); the last is never below
    std::array<std::uint16_t, 1 << step_bits> steps_{};          // how many bounds are below the step's beginning
};

// Bucket counts of a page: ascending indices, no zeros.
struct ExponentialCounts {
    int schema = schema_finest;
    std::vector<std::pair<std::int32_t, std::uint64_t>> buckets;

    void lower_to(int wanted);                 // no-op if it is that coarse already
    void merge(ExponentialCounts other);       // at the coarser one's schema
    void limit(std::size_t buckets_max);       // lowers until so few are left, or the coarsest is reached
};

// As the protobuf page has them. A gap of one or two empty buckets is written as zeros, which is shorter than a
// new span.
void write_spans(const ExponentialCounts& counts, std::vector<BucketSpan>& spans, std::vector<std::int64_t>& deltas);

}  // namespace outrigger::metrics
