// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <outrigger/core/task.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/net/worker.hpp"

namespace outrigger::proxy {

// How moving a body ended.
struct RelayEnd {
    enum class Side : std::uint8_t {
        complete,
        source,   // reading it failed, took too long, or it is too large
        sink,     // writing it did
    };
    Side side = Side::complete;
    Fault fault = {};
};

struct RelayLimits {
    Duration idle{};      // what each wait for the next byte, or for room, may take
    Bytes bytes_max{};    // 0: unlimited
};

// Counts as it goes.
struct Relayed {
    std::uint64_t bytes = 0;   // payload
    Duration waited{};         // for either side
};

// Moves a body and its trailers from a stream to a sink with back-pressure, at most 64 KiB a turn, in constant memory.
[[nodiscard]] Task<RelayEnd> relay_body(http1::HttpStream& from, http1::BodySink& to, net::Worker& worker,
                                        RelayLimits limits, Cancel& cancel, Relayed& relayed);

}  // namespace outrigger::proxy
