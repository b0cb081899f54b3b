// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/describe.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/units_text.hpp>

// How long to pause between attempts. The formulas are those of "Exponential Backoff And Jitter" on the AWS
// Architecture Blog (2015), under its names. All functions are pure but for the generator, and never overflow: what
// would be too long is `max`.
namespace outrigger::resilience {

// What is drawn at random, of a ceiling that grows exponentially. Without any, callers that failed together come back
// together.
enum class Jitter : std::uint8_t {
    none,           // the ceiling itself
    equal,          // from half the ceiling to the ceiling
    full,           // from nothing to the ceiling: the least work for the callee
    decorrelated,   // from `first` to three times the pause before: grows by chance, and does not use the factor
};
[[nodiscard]] constexpr auto words_of(Jitter) {
    return std::array<Word<Jitter>, 4>{{{Jitter::none, "none"},
                                        {Jitter::equal, "equal"},
                                        {Jitter::full, "full"},
                                        {Jitter::decorrelated, "decorrelated"}}};
}

// Pauses that grow: first, first x factor, first x factor^2 ... up to max.
struct Backoff {
    Duration first = std::chrono::milliseconds{25};
    Duration max = std::chrono::seconds{1};
    double factor = 2.0;
    Jitter jitter = Jitter::full;

    // Always exactly this long.
    [[nodiscard]] static constexpr Backoff constant(Duration pause) noexcept {
        return {.first = pause, .max = pause, .factor = 1.0, .jitter = Jitter::none};
    }

    friend bool operator==(const Backoff&, const Backoff&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("first", self.first, "The ceiling of the first pause.", between(0s, 1h));
        field("max", self.max, "The ceiling of all pauses.", between(0s, 1h));
        field("factor", self.factor, "The ceiling grows by this with every further pause; 1: it stays.",
              between(1.0, 100.0));
        field("jitter", self.jitter,
              "How a pause is drawn. none: it is the ceiling; equal: from half the ceiling up; full: from 0s up; "
              "decorrelated: from `first` to three times the pause before, whatever the factor.");
    }
};

// No pause after this attempt is longer. The first attempt is number 1.
[[nodiscard]] Duration ceiling(const Backoff& settings, std::uint32_t ended_attempt) noexcept;

// The pause after this attempt. `previous` is the pause before it, zero before the first: only Jitter::decorrelated
// reads it.
[[nodiscard]] Duration pause(const Backoff& settings, std::uint32_t ended_attempt, Duration previous, Rng& rng) noexcept;

}   // namespace outrigger::resilience
