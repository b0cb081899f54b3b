// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <outrigger/core/units.hpp>
#include <outrigger/logging/shipping/destination.hpp>
#include <outrigger/logging/shipping/ship.hpp>

#include "forwarder.hpp"
#include "transfers.hpp"

namespace outrigger::logging {

// A sender for each host of the destination, which speaks its protocol. `spool_max`: what is unsettled stays a small
// part of it. Throws std::bad_alloc, and std::system_error if stdout is not open.
[[nodiscard]] std::vector<Forwarder::Host> hosts_of(const Destination& to, const Ship& settings, Bytes spool_max,
                                                    Transfers& transfers);

}   // namespace outrigger::logging
