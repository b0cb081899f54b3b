// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/http_server_summary.hpp>

#include "sidecar/admin/drain_state.hpp"
#include "sidecar/upstream/summary.hpp"

namespace outrigger::admin {

// A page that the front page leads to.
struct Link {
    std::string_view path;
    bool posted = false;   // POST: shown, but no link
};

// What the front page shows.
struct FrontPageFacts {
    std::string_view service;
    std::string_view version;
    Duration uptime{};
    bool ready = false;
    DrainState drain;
    std::string_view health;   // the health document
    metrics::HttpServerSummary traffic;
    std::vector<upstream::Summary> upstreams;   // the app's calls to others
    std::span<const Link> links;
};

// How often a browser loads it anew.
inline constexpr int front_page_refresh_seconds = 2;

// A plain page of HTML with the figures since the start: no script, nothing from elsewhere. Whatever comes from outside
// is shown as text. Each figure stands in an element with an id, so that a test can find it.
[[nodiscard]] std::string front_page(const FrontPageFacts& facts);

}  // namespace outrigger::admin
