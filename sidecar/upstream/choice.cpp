// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/choice.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "sidecar/upstream/balancer.hpp"

namespace outrigger::upstream {
namespace {

std::string of_all(const Choice& choice) { return " of " + std::to_string(choice.known); }

std::string calls(float count) {
    const long whole = std::lround(count);
    return std::to_string(whole) + (whole == 1 ? " call" : " calls");
}

std::string cost(float seconds) {
    if (static_cast<double>(seconds) >= Balancer::cost_unknown) return "not known yet";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), seconds < 1.0F ? "%.3g ms" : "%.3g s",
                  static_cast<double>(seconds < 1.0F ? seconds * 1e3F : seconds));
    return text.data();
}

std::string only(const Choice& choice) {
    if (choice.known == 1) return "the only endpoint";
    return choice.avoided ? "the only other one than before" : "the only one" + of_all(choice) + " that is not ejected";
}

std::string method(const Choice& choice) {
    switch (choice.by) {
        case Choice::By::nothing: return {};
        case Choice::By::only: return only(choice);
        case Choice::By::turn: return "round_robin: its turn";
        case Choice::By::calls:
            return "least_request: " + calls(choice.own) + " in flight, " + calls(choice.other) +
                   " at the other of two drawn";
        case Choice::By::cost:
            return "ewma: its cost is " + cost(choice.own) + ", that of the other of two drawn " + cost(choice.other);
        case Choice::By::chance: return "drawn at random, twice";
    }
    return {};
}

}   // namespace

std::string explain(const Choice& choice) {
    if (choice.by == Choice::By::nothing) return {};
    std::string text = method(choice);
    const bool only = choice.by == Choice::By::only;
    if (choice.avoided && !only) text += "; another one than before";
    if (choice.ramping && choice.share < 1.0F)
        text += "; in slow start, with " + std::to_string(std::lround(choice.share * 100.0F)) + "% of its share";
    else if (choice.ramping)
        text += "; others are in slow start";
    if (choice.panic)
        text += "; panic: all get calls, for " + std::to_string(choice.ejected) + of_all(choice) + " are ejected";
    else if (choice.ejected > 0 && (choice.avoided || !only))
        text += "; " + std::to_string(choice.ejected) + of_all(choice) + " ejected";
    return text;
}

}   // namespace outrigger::upstream
