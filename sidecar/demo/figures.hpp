// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace outrigger::demo {

// Three figures of the sidecar's metrics page.
struct Figures {
    std::uint64_t requests = 0;   // http_server_request_duration_seconds_count, all series
    std::uint64_t failures = 0;   // those of them with an error_type
    std::uint64_t in_flight = 0;  // http_server_active_requests
    friend bool operator==(const Figures&, const Figures&) = default;
};

// Reads a page in Prometheus' text format 0.0.4; nothing if it does not know the first of them.
[[nodiscard]] std::optional<Figures> read_figures(std::string_view page);

}  // namespace outrigger::demo
