// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/connection.hpp"
#include "bench/load/messages.hpp"
#include "bench/load/poller.hpp"

namespace outrigger::bench {

// The app behind the proxy: answers every request at once, on connections that it never closes itself.
class Origin {
public:
    Origin(const Address& address, Poller& poller);

    void accept_waiting();
    // What arrived on one of its connections.
    void answer(Connection& connection);
    // Its peer has closed it: it is freed.
    void drop(Connection& connection);
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }

private:
    Poller& poller_;
    Connection listener_;
    std::vector<std::unique_ptr<Connection>> connections_;
    Reply reply_;
    std::uint64_t requests_ = 0;
};

}  // namespace outrigger::bench
