// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace outrigger::demo {

// How a server of the shop fares.
enum class Condition : std::uint8_t {
    well,
    failing,   // answers 503
    hanging,   // takes requests, and answers when nobody waits any more
};

// The servers behind the gateway.
enum class Member : std::uint8_t { users_1, users_2, users_3, orders, search };
inline constexpr std::array<std::string_view, 5> members{"users-1", "users-2", "users-3", "orders", "search"};

}  // namespace outrigger::demo
