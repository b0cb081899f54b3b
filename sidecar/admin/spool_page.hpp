// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <outrigger/logging/shipping/shipper.hpp>

namespace outrigger::admin {

// What is in a live spool, and what became of the records that were: JSON, for `GET /api/spool`.
[[nodiscard]] std::string spool_page(std::string_view dir, const logging::ShipperStats& stats);

}   // namespace outrigger::admin
