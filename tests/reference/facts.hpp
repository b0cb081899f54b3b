// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

// What the generated pages of docs/reference tell of metrics, records and events, as the library itself shows it: every
// instrument is made and used, every event is told, and what comes out is written down. tools/reference.py makes the
// pages of it.
namespace outrigger::reference {

[[nodiscard]] nlohmann::json metric_facts();   // [{of, name, type, help, labels}]
[[nodiscard]] nlohmann::json record_facts();   // [{kind, record}]
[[nodiscard]] nlohmann::json event_facts();    // [{of, event, level, action, message, metrics}]

}   // namespace outrigger::reference
