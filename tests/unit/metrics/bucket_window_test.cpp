// SPDX-License-Identifier: Apache-2.0
#include "metrics/bucket_window.hpp"

#include <gtest/gtest.h>

#include <outrigger/core/rng.hpp>

#include <atomic>
#include <cstdlib>
#include <map>
#include <thread>

namespace outrigger::metrics {
namespace {

using Indexed = std::vector<std::pair<std::int32_t, std::uint64_t>>;

std::uint64_t total(const ExponentialCounts& counts) {
    std::uint64_t all = 0;
    for (const auto& bucket : counts.buckets) all += bucket.second;
    return all;
}

TEST(BucketWindow, is_empty_at_first) { EXPECT_TRUE((BucketWindow{3, 256}.read().buckets.empty())); }

TEST(BucketWindow, counts_at_its_schema) {
    BucketWindow window{3, 256};
    window.add(0);
    window.add(1);
    window.add(32);
    window.add(33);
    EXPECT_EQ(window.read().schema, 3);
    EXPECT_EQ(window.read().buckets, (Indexed{{0, 1}, {1, 2}, {2, 1}}));
}

TEST(BucketWindow, moves_before_it_widens) {
    BucketWindow window{8, 256};
    window.add(0);
    window.add(255);
    EXPECT_EQ(window.read().schema, 8);
    EXPECT_EQ(window.read().buckets, (Indexed{{0, 1}, {255, 1}}));
    window.add(-1);   // 257 in a row
    EXPECT_EQ(window.read().schema, 7);
    EXPECT_EQ(window.read().buckets, (Indexed{{0, 2}, {128, 1}}));
}

TEST(BucketWindow, takes_everything_at_the_coarsest) {
    BucketWindow window{8, 256};
    window.add(-1074 * 256);
    window.add(1024 * 256 + 1);
    EXPECT_EQ(total(window.read()), 2U);
    EXPECT_GE(window.read().schema, schema_coarsest);
}

// Beside a map at the finest schema, lowered to the window's own.
TEST(BucketWindow, keeps_all_counts_whatever_comes) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Rng rng{seed};
        BucketWindow window{8 - static_cast<int>(seed % 13), 256};
        std::map<std::int32_t, std::uint64_t> expected;
        const double spread = static_cast<double>(seed * seed) * 100;
        for (int i = 0; i < 500; ++i) {
            const auto index = static_cast<std::int32_t>((rng.fraction() - 0.3) * spread);
            window.add(index);
            ++expected[index];
        }
        const ExponentialCounts found = window.read();
        ExponentialCounts wanted{.schema = schema_finest, .buckets = {expected.begin(), expected.end()}};
        wanted.lower_to(found.schema);
        ASSERT_EQ(found.buckets, wanted.buckets) << "seed " << seed;
        const auto span = found.buckets.back().first - found.buckets.front().first;
        ASSERT_LT(span, 256);
    }
}

TEST(BucketWindow, a_reader_never_sees_a_move_halfway) {
    constexpr std::uint64_t values = 20'000;
    BucketWindow window{8, 256};
    std::atomic<bool> done{false};
    std::thread reader{[&] {
        std::uint64_t last = 0;
        for (int schema = 8; !done.load();) {
            const ExponentialCounts now = window.read();
            EXPECT_LE(now.schema, schema);
            EXPECT_GE(total(now), last);
            for (const auto& bucket : now.buckets) EXPECT_LE(std::abs(bucket.first), (20'000 >> (8 - now.schema)) + 1);
            schema = now.schema;
            last = total(now);
        }
    }};
    Rng rng{3};
    for (std::uint64_t i = 0; i < values; ++i)
        window.add(static_cast<std::int32_t>((rng.fraction() - 0.5) * 2 * static_cast<double>(i)));   // ever wider
    done = true;
    reader.join();
    EXPECT_EQ(total(window.read()), values);
}

}  // namespace
}  // namespace outrigger::metrics
