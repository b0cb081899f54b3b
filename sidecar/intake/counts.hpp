// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace outrigger::intake {

// What came in, over all workers. Counted relaxed: each figure for itself.
struct Counts {
    std::atomic<std::uint64_t> records{0};     // that were accepted
    std::atomic<std::uint64_t> bad{0};         // posts that were no JSON, or too large
    std::atomic<std::uint64_t> full{0};        // posts for which there was no room
    std::atomic<std::uint64_t> malformed{0};   // lines that were no JSON, kept as messages
};

}   // namespace outrigger::intake
