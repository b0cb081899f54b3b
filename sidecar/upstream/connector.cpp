// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/connector.hpp"

#include "sidecar/net/socket_stream.hpp"

namespace outrigger::upstream {

Task<Result<std::unique_ptr<net::Stream>>> SocketConnector::connect(Wait wait) {
    Fault last{Reason::no_endpoints, "the name has no address"};
    for (const net::SocketAddress& address : addresses_) {
        Result<std::unique_ptr<net::Stream>> stream = co_await net::connect(loop_, address, wait);
        if (stream) co_return std::move(*stream);
        last = stream.error();
        if (last.reason != Reason::connect_failed) break;   // the deadline or the caller: no further address
    }
    co_return last;
}

}  // namespace outrigger::upstream
