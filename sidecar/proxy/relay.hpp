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

// Moves a body from one stream to the other with back-pressure, at most 64 KiB a turn, in constant memory.
// Each wait for the next byte may take `idle`. `bytes_max` 0: unlimited. `moved` counts as it goes.
[[nodiscard]] Task<RelayEnd> relay_body(http1::HttpStream& from, http1::HttpStream& to, net::Worker& worker,
                                        Duration idle, Bytes bytes_max, Cancel& cancel, std::uint64_t& moved);

}  // namespace outrigger::proxy
