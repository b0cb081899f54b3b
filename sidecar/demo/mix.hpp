// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <outrigger/core/rng.hpp>

#include "sidecar/demo/client.hpp"

namespace outrigger::demo {

// What the load asks for, and how often.
struct MixEntry {
    std::string_view name;  // as the summary shows it
    unsigned percent;       // of all requests
};
inline constexpr std::array<MixEntry, 7> mix{{{"GET /users/{id}", 30},
                                              {"GET /orders/{id}/items", 22},
                                              {"POST /orders", 10},
                                              {"GET /search", 15},
                                              {"GET /flaky", 12},
                                              {"GET /health", 6},
                                              {"GET /no/such/page", 5}}};

struct Planned {
    std::size_t entry = 0;  // of the mix
    Request request;
};

// Draws the next request. `server` is "http://127.0.0.1:8080"; `number` names it. Every third brings an
// X-Request-Id of its own, so that both the caller's and the sidecar's ids are seen.
[[nodiscard]] Planned next_request(Rng& rng, std::string_view server, std::uint64_t number);

}  // namespace outrigger::demo
