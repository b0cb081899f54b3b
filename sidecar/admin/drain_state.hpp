// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace outrigger::admin {

// Where the drain stands: what GET /api/drain tells and `outrigger drain` waits for.
struct DrainState {
    bool draining = false;         // it has begun
    bool ended = false;            // no inbound exchange is left, and none can come
    std::uint64_t exchanges = 0;   // inbound, in progress
    std::uint64_t cut = 0;         // by drain.timeout

    friend bool operator==(const DrainState&, const DrainState&) = default;
};

// {"draining":true,"ended":false,"exchanges":3,"cut":0}
[[nodiscard]] std::string to_json(const DrainState& state);
// The inverse; nothing if it is anything else. Members that it does not know are left alone.
[[nodiscard]] std::optional<DrainState> drain_state_of(std::string_view json);

}  // namespace outrigger::admin
