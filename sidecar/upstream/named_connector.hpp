// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sidecar/upstream/connector.hpp"

namespace outrigger::upstream {

// Over TCP to a host whose name is looked up for each connection, on a thread of its own: getaddrinfo(3) cannot be told
// when to give up. So a name that is not known yet, or a resolver that hangs, costs a connection and nothing else; as
// long as one look-up hangs no second one begins. An address in numbers asks nobody and needs no thread. Bound to the
// loop's thread.
class NamedConnector final : public Connector {
public:
    // May block; is called from any thread.
    using Resolve = std::function<Result<std::vector<net::SocketAddress>>(const std::string&, std::uint16_t)>;

    NamedConnector(net::Loop& loop, std::string name, std::string host, std::uint16_t port,
                   Resolve resolve = net::resolve)
        : loop_{loop}, name_{std::move(name)}, host_{std::move(host)}, port_{port}, resolve_{std::move(resolve)} {}

    [[nodiscard]] Task<Result<std::unique_ptr<net::Stream>>> connect(Wait wait) override;
    [[nodiscard]] std::string_view name() const noexcept override { return name_; }

private:
    struct Lookup;
    using Addresses = Result<std::vector<net::SocketAddress>>;
    [[nodiscard]] Task<Addresses> look_up(Wait wait);
    void begin_lookup();

    net::Loop& loop_;
    const std::string name_;
    const std::string host_;
    const std::uint16_t port_;
    const Resolve resolve_;
    std::shared_ptr<Lookup> lookup_;   // in progress, or over and not taken
};

}  // namespace outrigger::upstream
