// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace outrigger::middleware {

// What a log intake was given, over all its threads. Counted relaxed: each figure for itself. Thread-safe.
struct IntakeCounts {
    std::atomic<std::uint64_t> accepted{0};    // records
    std::atomic<std::uint64_t> refused_bad{0};     // posts that were no JSON, or too large
    std::atomic<std::uint64_t> refused_full{0};    // posts for which there was no room
    std::atomic<std::uint64_t> malformed{0};   // lines that were no JSON, kept as messages
};

}   // namespace outrigger::middleware
