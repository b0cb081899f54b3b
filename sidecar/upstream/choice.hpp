// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace outrigger::upstream {

// Why an endpoint was picked, in numbers: each call has them, and words are made only for those who ask. Without
// initializers, so that calls that nobody chooses for do not pay; Choice{} is `nothing`.
struct Choice {
    enum class By : std::uint8_t {
        nothing,   // nobody chose
        only,      // there was no other
        turn,      // round robin
        calls,     // of two drawn at random: calls in flight
        cost,      // of two drawn at random: cost (peak EWMA)
        chance,    // drawn twice
    };
    By by;
    bool avoided;            // the one tried before was left out
    bool panic;              // too many are ejected, so ejected ones were candidates, too
    bool ramping;            // some candidates are in slow start,
    float share;             // and this one gets so much of its calls; 1: all
    std::uint16_t known;     // endpoints, at most Discovery::endpoints_max
    std::uint16_t ejected;   // of them
    float own;               // calls or cost (in seconds) of this one,
    float other;             // and of the other one drawn
};

// "least_request: 1 call in flight, 4 at the other of two drawn; another one than before; 1 of 3 ejected". Empty where
// nobody chose.
[[nodiscard]] std::string explain(const Choice& choice);

}   // namespace outrigger::upstream
