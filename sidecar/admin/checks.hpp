// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <outrigger/core/rng.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/health/registry.hpp>
#include <outrigger/resilience/jitter.hpp>

#include "sidecar/net/loop.hpp"
#include "sidecar/net/socket.hpp"

namespace outrigger::admin {

// A check by connecting: up if a connection is accepted.
struct TcpCheck {
    std::vector<net::SocketAddress> addresses;   // tried in order
    std::string shown;                           // "127.0.0.1:3000", for the document
    Duration every{};                            // from start to start; varied by 10% so that checks spread
    Duration timeout{};
};

// One run.
[[nodiscard]] Task<health::Outcome> check_once(net::Loop& loop, const TcpCheck& check, Cancel& stop);

// Runs the check at once and then again and again, until `stop`. `report` gets every outcome.
template <class Report>
Task<void> keep_checking(net::Loop& loop, TcpCheck check, Rng rng, Cancel& stop, Report report) {
    while (!stop.requested()) {
        const Instant began = loop.scheduler().now();
        health::Outcome outcome = co_await check_once(loop, check, stop);
        if (stop.requested()) co_return;
        report(std::move(outcome));
        const Duration left = resilience::varied(check.every, 10_percent, rng) - (loop.scheduler().now() - began);
        (void)co_await Pause{loop.scheduler(), std::max(left, Duration::zero()), Wait{.cancel = &stop}};
    }
}

}  // namespace outrigger::admin
