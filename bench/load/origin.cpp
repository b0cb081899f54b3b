// SPDX-License-Identifier: Apache-2.0
#include "bench/load/origin.hpp"

#include <stdexcept>

namespace outrigger::bench {

Origin::Origin(const Address& address, Poller& poller)
    : poller_{poller}, listener_{Side::listener, listen_at(address)} {
    poller_.watch(listener_.socket, &listener_);
}

void Origin::accept_waiting() {
    while (auto accepted = accept_from(listener_.socket)) {
        connections_.push_back(std::make_unique<Connection>(Side::origin, *std::move(accepted)));
        poller_.watch(connections_.back()->socket, connections_.back().get());
    }
}

void Origin::answer(Connection& connection) {
    connection.receive_more();
    // Nobody pipelines and no request has a body: the empty line ends what there is.
    const std::string_view request = connection.received();
    if (!request.ends_with("\r\n\r\n")) {
        if (request.size() == connection.buffer.size()) throw std::runtime_error("the origin got an endless request");
        return;
    }
    const std::string_view reply = reply_.to(request);
    if (send_some(connection.socket, reply) != reply.size()) throw std::runtime_error("the proxy reads no replies");
    connection.filled = 0;
    ++requests_;
}

void Origin::drop(Connection& connection) {
    std::erase_if(connections_, [&](const auto& each) { return each.get() == &connection; });
}

}  // namespace outrigger::bench
