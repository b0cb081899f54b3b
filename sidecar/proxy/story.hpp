// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/resilience/retry.hpp>
#include <outrigger/resilience/verdict.hpp>

#include "sidecar/upstream/choice.hpp"

namespace outrigger::proxy {

// What an attempt came to, for those who ask afterwards.
struct AttemptStory {
    std::uint32_t number = 1;
    std::string_view endpoint = {};   // in the exchange's arena
    upstream::Choice choice = {};     // why that one
    bool reused = false;              // on a connection that had carried others before
    bool stale = false;               // that was being closed: this one counted for nothing
    Instant began = {};
    Duration connecting = {};
    Duration took = {};               // to the reply's head, or to what went wrong
    int status = 0;                   // 0: no reply
    Fault fault = {};                 // why there was none
    resilience::Verdict verdict = resilience::Verdict::neutral;
    Duration pause = {};              // after it, before the next one
};

// What happened to an exchange between its arrival and its reply. Bounded; what comes after the last place is counted
// and forgotten.
class Story {
public:
    Story() noexcept {}   // NOLINT: `= default` would zero the storage
    // Retries are at most nine, and each attempt may be made twice if its connection was stale.
    static constexpr std::size_t attempts_max = 20;

    void add(const AttemptStory& attempt) noexcept {
        if (count_ < attempts_max) attempts_[count_++].told = attempt;
    }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    [[nodiscard]] const AttemptStory& operator[](std::size_t index) const noexcept { return attempts_[index].told; }

    Instant arrived{};                        // when the exchange began
    Duration queued{};                        // waiting for a slot
    std::uint32_t attempts = 0;               // that were begun, replays not counted
    std::optional<resilience::Stop> stop{};   // why no further attempt followed a failed one

private:
    union Place {   // so that an exchange's story costs what is told of it
        Place() noexcept {}
        AttemptStory told;
    };
    static_assert(std::is_trivially_destructible_v<AttemptStory>);
    std::array<Place, attempts_max> attempts_;
    std::size_t count_ = 0;
};

}  // namespace outrigger::proxy
