// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sidecar/ingress/journal.hpp"

namespace outrigger::admin {

// GET /api/requests: the journal as JSON, the last exchange first. `query`: "id=..." for those of one request id,
// "limit=..." for at most so many (100 unless it says otherwise); what else it says is ignored.
[[nodiscard]] std::string requests_json(const ingress::Journal& journal, std::string_view query);

}  // namespace outrigger::admin
