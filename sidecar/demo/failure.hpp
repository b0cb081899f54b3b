// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <outrigger/core/clock.hpp>

#include "sidecar/demo/client.hpp"

namespace outrigger::demo {

// A request that failed, as the summary tells it.
struct Failure {
    std::string request;  // "GET /search?q=rope"
    int status = 0;       // 0: none came
    Duration took = {};
    std::string reason;      // the sidecar's word for it; empty: the shop answered, or nobody did
    std::string words;       // what the answer says, or why there is none
    std::string request_id;  // empty: none is known
};

[[nodiscard]] Failure explain(const Request& request, const Response& response);

// The text of a member of a flat JSON object, with its escapes as they stand; empty if there is none. Enough
// for answers of the shop and the sidecar, and for nothing else.
[[nodiscard]] std::string_view text_member(std::string_view object, std::string_view name) noexcept;

}  // namespace outrigger::demo
