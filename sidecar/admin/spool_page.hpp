// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <outrigger/logging/shipping/shipper.hpp>

namespace outrigger::admin {

// What GET /api/spool answers: the report of a live spool, and beside it what its shipper knows.
[[nodiscard]] std::string spool_page(std::string dir, const logging::ShipperStats& stats);

}   // namespace outrigger::admin
