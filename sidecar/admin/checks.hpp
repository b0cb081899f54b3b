// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <outrigger/health/registry.hpp>

#include "sidecar/config/settings.hpp"

namespace outrigger::admin {

// Where jobs report in, by the name of their check.
using Heartbeats = std::map<std::string, std::shared_ptr<health::Heartbeat>, std::less<>>;

struct PlannedCheck {
    std::string name;
    health::Indicator indicator;   // without anything to run where an upstream is named
    health::CheckSettings settings;
    std::string upstream;          // of a passive check: see UpstreamCheck; else empty
};

struct Checks {
    std::vector<PlannedCheck> checks;
    Heartbeats heartbeats;
};

// The configured checks, and the app's own port as the check `app` unless one has that name. Throws
// std::invalid_argument with the setting's path for what this machine cannot check.
[[nodiscard]] Checks planned_checks(const config::Settings& settings, Instant now);

// GET /api/health: each check as it stands, and the last changes.
[[nodiscard]] std::string history_json(const health::Registry& registry);

}   // namespace outrigger::admin
