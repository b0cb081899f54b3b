// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace outrigger::upstream {

// Why an endpoint was picked, in numbers: each call has them, and words are made only for those who ask.
struct Choice {
    enum class By : std::uint8_t {
        nothing,   // nobody chose
        only,      // there was no other
        turn,      // round robin
        calls,     // of two drawn at random: calls in flight
        cost,      // of two drawn at random: cost (peak EWMA)
        chance,    // drawn twice
    };
    By by = By::nothing;
    bool avoided = false;         // the one tried before was left out
    bool panic = false;           // too many are ejected, so ejected ones were candidates, too
    bool ramping = false;         // some candidates are in slow start,
    float share = 1.0F;           // and this one gets so much of its calls; 1: all
    std::uint16_t known = 0;      // endpoints, at most Discovery::endpoints_max
    std::uint16_t ejected = 0;    // of them
    float own = 0.0F;             // calls or cost (in seconds) of this one,
    float other = 0.0F;           // and of the other one drawn
};

// "least_request: 1 call in flight, 4 at the other of two drawn; another one than before; 1 of 3 ejected". Empty where
// nobody chose.
[[nodiscard]] std::string explain(const Choice& choice);

}   // namespace outrigger::upstream
