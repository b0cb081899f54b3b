// SPDX-License-Identifier: Apache-2.0
#include "exponential.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace outrigger::metrics {
namespace {

void append_run(std::vector<std::int64_t>& deltas, std::int64_t count, std::int64_t& before) {
    deltas.push_back(count - before);
    before = count;
}

}  // namespace

int schema_for(double growth_factor) noexcept {
    const double exponent = std::floor(std::log2(std::log2(growth_factor)));
    return static_cast<int>(-std::clamp(exponent, -double{schema_finest}, -double{schema_coarsest}));
}

ExponentialIndex::ExponentialIndex() {
    constexpr auto mantissa_mask = (std::uint64_t{1} << mantissa_bits) - 1;
    for (std::size_t i = 0; i < per_octave; ++i)
        bounds_[i] = std::bit_cast<std::uint64_t>(std::exp2(static_cast<double>(i) / per_octave)) & mantissa_mask;
    bounds_[per_octave] = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        const std::uint64_t begins = std::uint64_t{step} << (mantissa_bits - step_bits);
        steps_[step] = static_cast<std::uint16_t>(std::lower_bound(bounds_.begin(), bounds_.end(), begins) - bounds_.begin());
    }
}

// Numbers below 2^-1022 have no leading one: they are scaled up first.
std::int32_t ExponentialIndex::extreme(double value) const noexcept {
    if (std::isinf(value)) return (*this)(std::numeric_limits<double>::max()) + 1;
    constexpr int up = 64;
    return (*this)(std::ldexp(value, up)) - up * per_octave;
}

void ExponentialCounts::lower_to(int wanted) {
    if (wanted >= schema) return;
    const int steps = schema - wanted;
    schema = wanted;
    std::size_t last = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        const auto [index, count] = std::pair{coarser(buckets[i].first, steps), buckets[i].second};
        if (i > 0 && buckets[last].first == index)
            buckets[last].second += count;
        else
            buckets[i > 0 ? ++last : last] = {index, count};
    }
    if (!buckets.empty()) buckets.resize(last + 1);
}

void ExponentialCounts::merge(ExponentialCounts other) {
    if (other.buckets.empty()) return;   // its schema says nothing
    if (buckets.empty()) return void(*this = std::move(other));
    lower_to(other.schema);
    other.lower_to(schema);
    std::vector<std::pair<std::int32_t, std::uint64_t>> all;
    all.reserve(buckets.size() + other.buckets.size());
    std::merge(buckets.begin(), buckets.end(), other.buckets.begin(), other.buckets.end(), std::back_inserter(all));
    buckets.clear();
    for (const auto& bucket : all) {
        if (!buckets.empty() && buckets.back().first == bucket.first)
            buckets.back().second += bucket.second;
        else
            buckets.push_back(bucket);
    }
}

void ExponentialCounts::limit(std::size_t buckets_max) {
    while (buckets.size() > buckets_max && schema > schema_coarsest) lower_to(schema - 1);
}

void write_spans(const ExponentialCounts& counts, std::vector<BucketSpan>& spans, std::vector<std::int64_t>& deltas) {
    constexpr std::int32_t gap_written_out = 2;
    std::int64_t before = 0;
    std::int32_t end = 0;   // the index after the last one written
    for (const auto& [index, count] : counts.buckets) {
        const std::int32_t gap = index - end;
        if (spans.empty() || gap > gap_written_out) {
            spans.push_back({gap, 0});
        } else {
            for (std::int32_t i = 0; i < gap; ++i) append_run(deltas, 0, before);
            spans.back().length += static_cast<std::uint32_t>(gap);
        }
        append_run(deltas, static_cast<std::int64_t>(count), before);
        ++spans.back().length;
        end = index + 1;
    }
}

}  // namespace outrigger::metrics
