// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

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
class BodyRelay {
public:
    BodyRelay(http1::HttpStream& from, http1::BodySink& to, net::Worker& worker, RelayLimits limits, Cancel& cancel,
              Relayed& relayed) noexcept
        : from_{from}, to_{to}, worker_{worker}, limits_{limits}, cancel_{cancel}, relayed_{relayed} {}

    // What is there now, without waiting: mostly that is all. Nothing: rest() has to be awaited.
    [[nodiscard]] std::optional<RelayEnd> at_once() noexcept;
    [[nodiscard]] Task<RelayEnd> rest();

private:
    http1::HttpStream& from_;
    http1::BodySink& to_;
    net::Worker& worker_;
    const RelayLimits limits_;
    Cancel& cancel_;
    Relayed& relayed_;
    bool ended_ = false;   // all has been written; some of it may wait for room
};

// Both.
[[nodiscard]] Task<RelayEnd> relay_body(http1::HttpStream& from, http1::BodySink& to, net::Worker& worker,
                                        RelayLimits limits, Cancel& cancel, Relayed& relayed);

}  // namespace outrigger::proxy
