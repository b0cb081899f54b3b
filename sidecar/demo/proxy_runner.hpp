// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>

namespace outrigger::demo {

// What the sidecar is put in front of.
struct App {
    std::uint16_t port = 0;           // on 127.0.0.1
    std::vector<std::string> routes;  // its templates, for `inbound.routes`
    Duration timeout = {};            // for `inbound.timeout`: the shop is stuck for longer at times
};

// Where the sidecar is.
struct Proxy {
    std::string inbound;   // "127.0.0.1:41234"
    std::string admin;     // "127.0.0.1:41235"
    std::string log_file;  // where its log lines go; empty: nowhere that could be shown
};

// The demo's door to the sidecar, which it may not know: the composition root runs the real one.
class ProxyRunner {
public:
    virtual ~ProxyRunner() = default;
    // Serves when it returns. Throws what derives from std::exception if it cannot.
    virtual Proxy start(const App& app) = 0;
    // Ends it; when it returns, the log file is whole. Called once if start() returned. Must not throw.
    virtual void stop() = 0;
};

}  // namespace outrigger::demo
