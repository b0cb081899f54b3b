// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace outrigger::logging {

// splitmix64's finish: what differs in one bit differs in half of them.
[[nodiscard]] constexpr std::uint64_t well_mixed(std::uint64_t hash) noexcept {
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebU;
    return hash ^ (hash >> 31);
}

// Evenly spread in [0, 1).
[[nodiscard]] constexpr double fraction_of(std::uint64_t mixed) noexcept {
    return static_cast<double>(mixed >> 11) * 0x1.0p-53;
}

// Where a trace lies in [0, 1), by FNV-1a: whoever keeps what lies below a ratio keeps a trace everywhere or nowhere.
// Trace ids that only count up spread as well as random ones. Pure.
[[nodiscard]] constexpr double fraction_of(std::string_view trace_id) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : trace_id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return fraction_of(well_mixed(hash));
}

}   // namespace outrigger::logging
