// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <outrigger/core/task.hpp>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/net/worker.hpp"

namespace outrigger::proxy {

struct TunnelLimits {
    Duration idle{};          // no byte in either direction for so long
    Duration half_closed{};   // the same, once one side has closed its direction
};

// What became of a tunnel. Both byte counts grow while it runs.
struct Tunnelled {
    std::uint64_t from_caller = 0;
    std::uint64_t to_caller = 0;
    std::optional<Fault> fault;   // nothing: both sides closed in order
};

// Carries bytes both ways until both sides have closed theirs, one of them breaks off, nothing moves for too long, or it
// is cancelled; each end is passed on as it came. Both streams have become tunnels before.
[[nodiscard]] Task<void> tunnel(http1::HttpStream& caller, http1::HttpStream& endpoint, net::Worker& worker,
                                TunnelLimits limits, Cancel& cancel, Tunnelled& result);

}   // namespace outrigger::proxy
