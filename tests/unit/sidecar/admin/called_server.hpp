// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <outrigger/core/manual_loop.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <string_view>

#include "tests/unit/sidecar/memory_connector.hpp"

namespace outrigger::admin {

// A server that the admin loop calls, in manual time: what arrives and what is answered are peers' bytes.
class CalledServer : public testing::Test {
protected:
    ~CalledServer() override = default;

    // All of it, in as many pieces as the connection takes.
    void reply(std::string_view bytes) {
        do {
            bytes = peers.back().write(bytes);
            loop.run();
        } while (!bytes.empty());
    }

    ManualLoop loop;
    std::deque<net::Peer> peers;
    upstream::MemoryConnector* connector = new upstream::MemoryConnector{loop.scheduler(), peers};
    http1::HeadLimits limits;
    net::Worker worker{loop.scheduler(), Rng{7}, {}, {}};
    upstream::Cluster cluster{worker, std::unique_ptr<upstream::Connector>{connector}, limits, {}};
};

}  // namespace outrigger::admin
