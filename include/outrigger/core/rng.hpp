// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <random>

namespace outrigger {

// The door to chance: xoshiro256++ (Blackman and Vigna, 2019), seeded through splitmix64 as its authors advise.
// Fast and well distributed; NOT for secrets. A value: copy it to replay the same sequence. Not thread-safe:
// one per thread. Satisfies std::uniform_random_bit_generator.
class Rng {
public:
    using result_type = std::uint64_t;

    explicit constexpr Rng(std::uint64_t seed) noexcept {
        for (auto& word : state_) word = splitmix(seed);
    }

    // Seeded from the operating system's entropy.
    [[nodiscard]] static Rng from_system() {
        std::random_device entropy;
        return Rng{(std::uint64_t{entropy()} << 32) | entropy()};
    }

    constexpr std::uint64_t operator()() noexcept {
        const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    // Uniform in [0, 1), with 53 bits.
    [[nodiscard]] constexpr double fraction() noexcept {
        return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
    }

    // Uniform in [0, bound); 0 for a bound of 0. The bias of the modulo is below bound / 2^64.
    [[nodiscard]] constexpr std::uint64_t below(std::uint64_t bound) noexcept { return bound ? (*this)() % bound : 0; }

    static constexpr std::uint64_t min() noexcept { return 0; }
    static constexpr std::uint64_t max() noexcept { return UINT64_MAX; }

private:
    static constexpr std::uint64_t splitmix(std::uint64_t& seed) noexcept {
        std::uint64_t z = (seed += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    std::array<std::uint64_t, 4> state_{};
};

}  // namespace outrigger
