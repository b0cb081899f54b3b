// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sidecar/upstream/summary.hpp"

namespace outrigger::demo {

// Some figures of the sidecar's metrics page.
struct Figures {
    std::uint64_t requests = 0;    // http_server_request_duration_seconds_count, all series
    std::uint64_t failures = 0;    // those of them with an error_type
    std::uint64_t in_flight = 0;   // http_server_active_requests and http_client_active_requests
    std::vector<upstream::Summary> upstreams = {};

    // Nothing by this name: all zero.
    [[nodiscard]] upstream::Summary of(std::string_view upstream) const;
    [[nodiscard]] std::uint64_t calls() const noexcept;   // of all upstreams
    [[nodiscard]] std::uint64_t failed_calls() const noexcept;

    friend bool operator==(const Figures&, const Figures&) = default;
};

// Reads a page in Prometheus' text format 0.0.4; nothing if it does not know the first of them.
[[nodiscard]] std::optional<Figures> read_figures(std::string_view page);

}  // namespace outrigger::demo
