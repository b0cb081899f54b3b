// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/rng.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace outrigger::health {

struct Timing {
    Duration every{};
    Duration timeout{};
    Duration stale_after{};
};

// When to run which check, as a value without threads. Not thread-safe.
//
// A run that has not ended after its timeout is told as late, and again after each further interval: it occupies its
// slot, and no second run of the same check begins beside it. What it returns then is not used. A check without any
// result for `stale_after`, because no slot was free, is told as stale.
class RefreshPlan {
public:
    explicit RefreshPlan(Rng rng) noexcept : rng_{rng} {}

    // Due at once.
    std::size_t add(Timing timing, Instant now);
    // A check whose turn it is, the one that waits longest; it counts as running from now on.
    [[nodiscard]] std::optional<std::size_t> take_due(Instant now);

    struct Ended {
        Duration took{};
        bool used = false;   // its result counts; false: it was told as late already
    };
    Ended finish(std::size_t check, Instant now);

    struct Overdue {
        std::size_t check = 0;
        bool running = false;   // it hangs; false: it waits for a slot
        Duration age{};         // since the run began, or since the last result
        bool first = false;     // of this run
    };
    // What must be told now, once.
    [[nodiscard]] std::vector<Overdue> overdue(Instant now);

    // When to look again at the latest. `slots`: whether a check that is due can be taken.
    [[nodiscard]] Instant next(bool slots) const noexcept;

private:
    // A run that ends exactly at its deadline, as our own do, tells its own and better story.
    static constexpr Duration grace = std::chrono::milliseconds{50};

    struct Check {
        Timing timing;
        Instant due;       // of the next run
        Instant tell_at;   // as late or stale
        Instant since;     // of the run, or of the last result
        bool running = false;
        bool late = false;
    };
    [[nodiscard]] Duration varied(Duration every) noexcept;

    Rng rng_;
    std::vector<Check> checks_;
};

}   // namespace outrigger::health
