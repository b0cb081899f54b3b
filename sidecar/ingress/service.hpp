// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/task.hpp>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/net/socket.hpp"
#include "sidecar/net/worker.hpp"

namespace outrigger::ingress {

// Where a worker stands in its life. Its own thread only.
struct Lifecycle {
    bool draining = false;   // every answer says that its connection closes
};

// One request as it arrived, and the stream on which it is answered. Valid until the answer has ended.
struct Incoming {
    net::Worker& worker;
    http1::HttpServerStream& stream;
    http1::RequestHead& head;
    net::Arena& arena;
    const net::IpPort& peer;
    const Lifecycle& lifecycle;
    Cancel& cancel;            // the connection is being cut
    WallTime arrived;
};

// What stands behind a listener: the proxy, or the admin pages. Bound to its worker's thread.
class Service {
public:
    virtual ~Service() = default;
    [[nodiscard]] virtual Task<void> answer(Incoming& incoming) = 0;
    // Whether a connection may begin with an HTTP/2 preface: answer() then gets it as a head of Version::http2, and the
    // stream is a tunnel already.
    [[nodiscard]] virtual bool relays_http2() const noexcept { return false; }
    // The head did not come whole, or is not HTTP: answers with the fault, and the connection closes.
    [[nodiscard]] virtual Task<void> refuse(Incoming& incoming, Fault fault) = 0;
};

}  // namespace outrigger::ingress
