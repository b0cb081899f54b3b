// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/resolving_connector.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "sidecar/net/socket_stream.hpp"

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
    const Instant limit = after(loop_.scheduler().now(), connect_timeout_);
    Addresses addresses = co_await look_up(wait.until(limit, Reason::dns_failed));
    const bool name_late = loop_.scheduler().now() >= limit;
    if (!addresses && addresses.error().reason == Reason::dns_failed && name_late)
        co_return Fault{Reason::dns_failed, "the name could not be resolved in time"};
    if (!addresses) co_return addresses.error();

    Result<std::unique_ptr<net::Stream>> stream = co_await first_of(*addresses, limit, wait);
    const bool late = loop_.scheduler().now() >= limit;
    if (!stream && stream.error().reason == Reason::connect_failed && late)
        co_return Fault{Reason::connect_failed, late_};
    co_return std::move(stream);
}

Task<Result<std::unique_ptr<net::Stream>>> ResolvingConnector::first_of(
    const std::vector<net::SocketAddress>& addresses, Instant limit, Wait wait) {
    Fault last{Reason::dns_failed, "the name has no address"};
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const Instant now = loop_.scheduler().now();
        const Instant share = after(now, (limit - now) / static_cast<Duration::rep>(addresses.size() - i));
        Result<std::unique_ptr<net::Stream>> stream =
            co_await net::connect(loop_, addresses[i], wait.until(share, Reason::connect_failed));
        if (stream) co_return std::move(*stream);
        last = stream.error();
        if (last.reason != Reason::connect_failed) break;   // the call's deadline, or the caller
    }
    co_return last;
}

}   // namespace outrigger::upstream
