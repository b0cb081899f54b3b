// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "sidecar/upstream/connector.hpp"
#include "tests/unit/sidecar/peer.hpp"

namespace outrigger::upstream {

// Connects in memory; the test holds the other ends, in their order.
struct MemoryConnector final : Connector {
    MemoryConnector(Scheduler& its_scheduler, std::deque<net::Peer>& its_peers)
        : scheduler{its_scheduler}, peers{its_peers} {}
    Task<Result<std::unique_ptr<net::Stream>>> connect(Wait wait) override {
        if (takes > Duration::zero()) {
            Result<void> paused = co_await Pause{scheduler, takes, wait};
            if (!paused) co_return paused.error();
        }
        if (fault) co_return *fault;
        auto [ours, theirs] = net::MemoryStream::pair(scheduler, capacity);
        peers.emplace_back(std::move(theirs));
        co_return std::unique_ptr<net::Stream>{std::move(ours)};
    }
    [[nodiscard]] std::string_view name() const noexcept override { return "shop:80"; }

    Scheduler& scheduler;
    std::deque<net::Peer>& peers;
    std::size_t capacity = 64 * 1024;
    Duration takes{};
    std::optional<Fault> fault;
};

}   // namespace outrigger::upstream
