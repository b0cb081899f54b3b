// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/rng.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace outrigger {
namespace {

static_assert(std::uniform_random_bit_generator<Rng>);

// xoshiro256++ as published, seeded with splitmix64 as published, written down a second time: one in which
// every step stands for itself.
class Reference {
public:
    explicit Reference(std::uint64_t seed) {
        for (auto& word : s_) {
            seed += 0x9e3779b97f4a7c15;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            word = z ^ (z >> 31);
        }
    }
    std::uint64_t next() {
        const std::uint64_t result = rotl(s_[0] + s_[3], 23) + s_[0];
        const std::uint64_t t = s_[1] << 17;
        s_[2] ^= s_[0];
        s_[3] ^= s_[1];
        s_[1] ^= s_[2];
        s_[0] ^= s_[3];
        s_[2] ^= t;
        s_[3] = rotl(s_[3], 45);
        return result;
    }

private:
    static std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
    std::array<std::uint64_t, 4> s_{};
};

TEST(Rng, is_xoshiro256_plus_plus_seeded_by_splitmix64) {
    for (const std::uint64_t seed :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xdeadbeef}, UINT64_MAX}) {
        Rng rng{seed};
        Reference reference{seed};
        for (int i = 0; i < 100; ++i)
            ASSERT_EQ(rng(), reference.next()) << "seed " << seed << ", number " << i;
    }
    // The first output of splitmix64 for seed 0, as its author gives it; it is the first word of the state.
    EXPECT_EQ(Reference{0}.next(), Rng{0}());
}

TEST(Rng, a_copy_replays_the_same_sequence) {
    Rng rng{42};
    (void)rng();
    Rng copy = rng;
    for (int i = 0; i < 10; ++i) EXPECT_EQ(rng(), copy());
}

TEST(Rng, another_seed_is_another_sequence) { EXPECT_NE(Rng{1}(), Rng{2}()); }

TEST(Rng, a_fraction_is_at_least_zero_and_below_one_and_even_on_the_whole) {
    Rng rng{7};
    double sum = 0;
    double least = 1;
    double most = 0;
    constexpr int count = 100'000;
    for (int i = 0; i < count; ++i) {
        const double fraction = rng.fraction();
        ASSERT_GE(fraction, 0.0);
        ASSERT_LT(fraction, 1.0);
        sum += fraction;
        least = std::min(least, fraction);
        most = std::max(most, fraction);
    }
    EXPECT_NEAR(sum / count, 0.5, 0.01);
    EXPECT_LT(least, 0.001);
    EXPECT_GT(most, 0.999);
}

TEST(Rng, below_stays_below_and_reaches_every_number) {
    Rng rng{7};
    std::array<int, 10> seen{};
    for (int i = 0; i < 10'000; ++i) ++seen.at(rng.below(10));
    for (const int times : seen) EXPECT_NEAR(times, 1000, 200);
    EXPECT_EQ(rng.below(1), 0u);
    EXPECT_EQ(rng.below(0), 0u);
}

TEST(Rng, the_system_seeds_each_generator_differently) {
    EXPECT_NE(Rng::from_system()(), Rng::from_system()());
}

}   // namespace
}   // namespace outrigger
