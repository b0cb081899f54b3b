// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>

#include "sidecar/config/outbound_settings.hpp"

namespace outrigger::demo {

// What the sidecar is put in front of, and behind.
struct App {
    std::uint16_t port = 0;                                  // on 127.0.0.1
    std::vector<std::string> routes;                         // its templates, for `inbound.routes`
    Duration timeout = {};                                   // for `inbound.timeout`
    NamedMap<config::Upstream> upstreams;                    // whom it calls, for `outbound`
    std::map<std::string, std::vector<std::string>> names;   // and the addresses of their hosts
};

// Where the sidecar is.
struct Proxy {
    std::string inbound;   // "127.0.0.1:41234"
    std::string admin;     // "127.0.0.1:41235"
    std::vector<std::string>
        upstreams;          // "127.0.0.1:41236", ...: where the app calls them, in the order of App
    std::string log_file;   // where its log lines go; empty: nowhere that could be shown
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
