// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/units_text.hpp>

#include "sidecar/net/resolver.hpp"
#include "sidecar/upstream/connector.hpp"

namespace outrigger::upstream {

// Over TCP to a host whose name is looked up for each connection, on the loop. Bound to its thread.
class ResolvingConnector final : public Connector {
public:
    // `host`: a name, or an address in numbers without brackets. `connect_timeout`: with the look-up.
    ResolvingConnector(net::Loop& loop, net::Resolver& resolver, std::string name, std::string host, std::uint16_t port,
                       Duration connect_timeout)
        : loop_{loop},
          resolver_{resolver},
          name_{std::move(name)},
          host_{std::move(host)},
          port_{port},
          connect_timeout_{connect_timeout},
          late_{"no connection within " + to_string(connect_timeout)} {}

    [[nodiscard]] Task<Result<std::unique_ptr<net::Stream>>> connect(Wait wait) override;
    [[nodiscard]] std::string_view name() const noexcept override { return name_; }

private:
    using Addresses = Result<std::vector<net::SocketAddress>>;
    [[nodiscard]] Task<Addresses> look_up(Wait wait);
    // Each gets an equal share of what time is left, so that one that is silent does not use up the others'.
    [[nodiscard]] Task<Result<std::unique_ptr<net::Stream>>> first_of(const std::vector<net::SocketAddress>& addresses,
                                                                      Instant limit, Wait wait);

    net::Loop& loop_;
    net::Resolver& resolver_;
    const std::string name_;
    const std::string host_;
    const std::uint16_t port_;
    const Duration connect_timeout_;
    const std::string late_;   // faults point to it
};

}   // namespace outrigger::upstream
