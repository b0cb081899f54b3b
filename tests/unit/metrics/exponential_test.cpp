// SPDX-License-Identifier: Apache-2.0
#include "metrics/exponential.hpp"

#include <gtest/gtest.h>

#include <outrigger/core/rng.hpp>

#include <cmath>
#include <limits>

namespace outrigger::metrics {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using Indexed = std::vector<std::pair<std::int32_t, std::uint64_t>>;

// The bucket's upper bound, by the definition.
double upper_bound(std::int32_t index, int schema) { return std::exp2(std::ldexp(index, -schema)); }

TEST(SchemaFor, is_the_coarsest_that_grows_by_at_most_the_factor) {
    EXPECT_EQ(schema_for(1.1), 3);   // as client_golang documents
    EXPECT_EQ(schema_for(2), 0);
    EXPECT_EQ(schema_for(1.99), 1);
    EXPECT_EQ(schema_for(4), -1);
    EXPECT_EQ(schema_for(65536), -4);
    EXPECT_EQ(schema_for(1e9), -4);
    EXPECT_EQ(schema_for(1.0001), 8);
}

TEST(ExponentialIndex, powers_of_two_end_their_buckets) {
    const ExponentialIndex index;
    EXPECT_EQ(index(1.0), 0);
    EXPECT_EQ(index(std::nextafter(1.0, 2)), 1);
    for (int power = -1074; power <= 1023; ++power) EXPECT_EQ(index(std::ldexp(1.0, power)), power * 256) << power;
    EXPECT_EQ(index(std::numeric_limits<double>::max()), 1024 * 256);
    EXPECT_EQ(index(infinity), 1024 * 256 + 1);
    EXPECT_EQ(coarser(index(infinity), 12), 64 + 1);
}

TEST(ExponentialIndex, every_bound_lies_in_its_own_bucket_and_the_next_number_in_the_next) {
    const ExponentialIndex index;
    for (std::int32_t i = -600; i <= 600; ++i) {
        const double bound = upper_bound(i, 8);
        EXPECT_EQ(index(bound), i);
        EXPECT_EQ(index(std::nextafter(bound, infinity)), i + 1);
    }
}

TEST(ExponentialIndex, any_value_lies_between_its_buckets_bounds_at_every_schema) {
    const ExponentialIndex index;
    Rng rng{7};
    for (int i = 0; i < 20'000; ++i) {
        const double value = std::exp2(rng.fraction() * 400 - 200);
        for (int schema = schema_coarsest; schema <= schema_finest; ++schema) {
            const std::int32_t bucket = coarser(index(value), schema_finest - schema);
            ASSERT_LE(value, upper_bound(bucket, schema) * (1 + 1e-15)) << value << " at " << schema;
            ASSERT_GE(value, upper_bound(bucket - 1, schema) * (1 - 1e-15)) << value << " at " << schema;
        }
    }
}

TEST(ExponentialCounts, lowering_joins_neighbours_and_loses_nothing) {
    ExponentialCounts counts{.schema = 3, .buckets = {{-3, 1}, {-2, 2}, {-1, 4}, {0, 8}, {1, 16}, {2, 32}}};
    counts.lower_to(2);
    EXPECT_EQ(counts.schema, 2);
    EXPECT_EQ(counts.buckets, (Indexed{{-1, 3}, {0, 12}, {1, 48}}));
    counts.lower_to(3);
    EXPECT_EQ(counts.schema, 2) << "never finer";
    counts.lower_to(-4);
    EXPECT_EQ(counts.buckets, (Indexed{{0, 15}, {1, 48}}));
}

TEST(ExponentialCounts, merging_takes_the_coarser_schema) {
    ExponentialCounts counts{.schema = 3, .buckets = {{1, 1}, {2, 1}, {9, 1}}};
    counts.merge({.schema = 2, .buckets = {{1, 10}, {7, 20}}});
    EXPECT_EQ(counts.schema, 2);
    EXPECT_EQ(counts.buckets, (Indexed{{1, 12}, {5, 1}, {7, 20}}));
    counts.merge({.schema = -4, .buckets = {}});
    EXPECT_EQ(counts.schema, 2) << "an empty one says nothing";
}

TEST(ExponentialCounts, a_limit_lowers_until_it_holds_or_the_coarsest_is_reached) {
    ExponentialCounts counts{.schema = 3, .buckets = {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}}};
    counts.limit(3);
    EXPECT_EQ(counts.schema, 2);
    EXPECT_EQ(counts.buckets, (Indexed{{1, 2}, {2, 2}, {3, 1}}));
    ExponentialCounts far{.schema = 8, .buckets = {{-100'000, 1}, {0, 1}, {100'000, 1}}};
    far.limit(1);
    EXPECT_EQ(far.schema, schema_coarsest);
    EXPECT_EQ(far.buckets.size(), 3U);
}

TEST(WriteSpans, short_gaps_are_zeros_and_long_ones_begin_a_span) {
    std::vector<BucketSpan> spans;
    std::vector<std::int64_t> deltas;
    write_spans({.schema = 0, .buckets = {{-2, 5}, {-1, 3}, {2, 4}, {6, 1}}}, spans, deltas);
    ASSERT_EQ(spans.size(), 2U);
    EXPECT_EQ(spans[0].offset, -2);
    EXPECT_EQ(spans[0].length, 5U);
    EXPECT_EQ(spans[1].offset, 3);
    EXPECT_EQ(spans[1].length, 1U);
    EXPECT_EQ(deltas, (std::vector<std::int64_t>{5, -2, -3, 0, 4, -3}));
}

}  // namespace
}  // namespace outrigger::metrics
