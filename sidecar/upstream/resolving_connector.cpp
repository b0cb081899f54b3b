// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/resolving_connector.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace outrigger::upstream {

Task<ResolvingConnector::Addresses> ResolvingConnector::look_up(Wait wait) {
    if (const std::optional<net::SocketAddress> fixed = net::numeric_address(host_, port_))
        co_return std::vector{*fixed};
    Result<net::NameAnswer> answer = co_await resolver_.resolve(host_, wait);
    if (!answer) co_return answer.error();
    if (answer->addresses.empty()) co_return Fault{Reason::dns_failed, answer->none};
    for (net::SocketAddress& address : answer->addresses) address.set_port(port_);
    co_return std::move(answer->addresses);
}

Task<Result<std::unique_ptr<net::Stream>>> ResolvingConnector::connect(Wait wait) {
    const Instant limit = after(loop_.scheduler().now(), connect_within);
    Addresses addresses = co_await look_up(wait.until(limit, Reason::dns_failed));
    const bool late = loop_.scheduler().now() >= limit;
    if (!addresses && late) co_return Fault{Reason::dns_failed, "the name could not be resolved in time"};
    if (!addresses) co_return addresses.error();
    SocketConnector found{loop_, name_, std::move(*addresses)};
    Result<std::unique_ptr<net::Stream>> stream =
        co_await found.connect(wait.until(limit, Reason::connect_failed));
    co_return std::move(stream);
}

}   // namespace outrigger::upstream
