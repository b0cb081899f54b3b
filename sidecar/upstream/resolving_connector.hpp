// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sidecar/net/resolver.hpp"
#include "sidecar/upstream/connector.hpp"

namespace outrigger::upstream {

// Over TCP to a host whose name is looked up for each connection, on the loop. Bound to its thread.
class ResolvingConnector final : public Connector {
public:
    static constexpr Duration connect_within =
        std::chrono::seconds{5};   // as an upstream's endpoints; with the look-up

    // `host`: a name, or an address in numbers without brackets.
    ResolvingConnector(net::Loop& loop, net::Resolver& resolver, std::string name, std::string host,
                       std::uint16_t port)
        : loop_{loop}, resolver_{resolver}, name_{std::move(name)}, host_{std::move(host)}, port_{port} {}

    [[nodiscard]] Task<Result<std::unique_ptr<net::Stream>>> connect(Wait wait) override;
    [[nodiscard]] std::string_view name() const noexcept override { return name_; }

private:
    using Addresses = Result<std::vector<net::SocketAddress>>;
    [[nodiscard]] Task<Addresses> look_up(Wait wait);

    net::Loop& loop_;
    net::Resolver& resolver_;
    const std::string name_;
    const std::string host_;
    const std::uint16_t port_;
};

}   // namespace outrigger::upstream
