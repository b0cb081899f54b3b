// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/config/outbound_settings.hpp"
#include "sidecar/upstream/choice.hpp"
#include "sidecar/upstream/endpoint.hpp"

namespace outrigger::upstream {

// Whether so many are ejected that their failures are likely not theirs, or that the rest would not bear the load.
[[nodiscard]] inline bool panics(std::size_t ejected, std::size_t known, Ratio above) noexcept {
    return static_cast<double>(ejected) > above.fraction() * static_cast<double>(known);
}

// Which endpoints may be picked at an instant, as one worker knows it. Whoever is ejected may not, unless too many are:
// then all may be (panic).
// Refreshed when something may have changed, not for each call.
class Candidates {
public:
    struct Candidate {
        const Endpoint* endpoint;
        std::size_t place;   // in the list that it was drawn from
    };
    struct Settings {
        bool heeds_ejections = true;   // else ejected endpoints are candidates as others are, and no panic
        Ratio panic_above = 50_percent;                   // if a larger share is ejected
        Duration slow_start = std::chrono::seconds{10};   // the share of one that joined or came back grows so long
    };
    void refresh(const EndpointList& list, const Settings& settings, Instant now);

    // None: all are ejected, and there is no panic.
    [[nodiscard]] std::span<const Candidate> all() const noexcept { return all_; }
    [[nodiscard]] bool panic() const noexcept { return panic_; }
    // Of the list that they were drawn from.
    [[nodiscard]] std::size_t known() const noexcept { return known_; }
    [[nodiscard]] std::size_t ejected() const noexcept { return ejected_; }
    // Until then, and until the next ejection, refreshing changes nothing.
    [[nodiscard]] Instant good_until() const noexcept { return good_until_; }
    [[nodiscard]] bool ramping(Instant now) const noexcept { return now < ramp_ends_; }
    // Its share of the calls, compared with one that has been there for long: 0.1 to 1.
    [[nodiscard]] double weight(const Candidate& candidate, Instant now) const noexcept;

private:
    std::vector<Candidate> all_;   // its room is kept
    Instant good_until_ = Instant::min();
    Instant ramp_ends_ = Instant::min();
    Settings settings_;
    std::size_t known_ = 0;
    std::size_t ejected_ = 0;
    bool panic_ = false;
};

// Picks one of them.
//
// round_robin: the next one. least_request: of two drawn at random the one with fewer calls in flight ("power of two
// choices", Mitzenmacher, 2001: nearly as even as looking at all, and callers with the same knowledge do not all run to
// the same endpoint). ewma: of two the one with the lower cost, which is how long its replies took lately times the calls
// it would then have; one that has never answered costs nothing until it is asked, then more than all others, so that
// it gets one call to begin with (Finagle's PeakEwma).
// Slow start is the same for all of them: whom chance or turn points at is taken with the probability of its weight.
//
// One worker's value: not thread-safe. Never allocates.
class Balancer {
public:
    Balancer(config::BalanceMethod method, std::size_t first_turn) noexcept : method_{method}, turn_{first_turn} {}

    static constexpr double cost_unknown = 1e9;   // seconds: more than anybody's

    // One of the candidates, of whom there is at least one; not `avoided`, if there is another. `why` is told why.
    [[nodiscard]] const Candidates::Candidate& pick(const Candidates& among, EndpointId avoided, Instant now, Rng& rng,
                                                    Choice& why) noexcept;

private:
    config::BalanceMethod method_;
    std::size_t turn_;
};

}   // namespace outrigger::upstream
