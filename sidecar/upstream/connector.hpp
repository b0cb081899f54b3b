// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/task.hpp>

#include "sidecar/net/loop.hpp"
#include "sidecar/net/socket.hpp"
#include "sidecar/net/stream.hpp"

namespace outrigger::upstream {

// Makes connections to one endpoint.
class Connector {
public:
    virtual ~Connector() = default;
    // Fault: connect_failed, dns_failed, or the wait's own.
    [[nodiscard]] virtual Task<Result<std::unique_ptr<net::Stream>>> connect(Wait wait) = 0;
    // As shown in logs and answers: "127.0.0.1:3000".
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
};

// Over TCP or a unix socket. A name with several addresses is tried in their order until one answers.
class SocketConnector final : public Connector {
public:
    SocketConnector(net::Loop& loop, std::string name, std::vector<net::SocketAddress> addresses)
        : loop_{loop}, name_{std::move(name)}, addresses_{std::move(addresses)} {}

    [[nodiscard]] Task<Result<std::unique_ptr<net::Stream>>> connect(Wait wait) override;
    [[nodiscard]] std::string_view name() const noexcept override { return name_; }

private:
    net::Loop& loop_;
    std::string name_;
    std::vector<net::SocketAddress> addresses_;
};

}  // namespace outrigger::upstream
