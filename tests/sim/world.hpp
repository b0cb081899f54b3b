// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/logging/writer.hpp>
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>

#include "sidecar/ingress/connection.hpp"
#include "sidecar/ingress/inbound.hpp"
#include "sidecar/net/memory.hpp"
#include "tests/unit/sidecar/memory_connector.hpp"
#include "tests/unit/sidecar/peer.hpp"

// A caller, the sidecar's data plane and an app, in one thread and in manual time. The tests play both peers by hand.
namespace outrigger::sim {

using namespace std::chrono_literals;
using net::Peer;

class World {
    // Before what is made from them.
    std::size_t capacity_;
    std::deque<Peer> app_connections_;

public:
    // `capacity`: of every connection, in each direction.
    explicit World(std::size_t capacity = 64 * 1024) : capacity_{capacity} {}
    ~World() {
        for (Peer& caller : callers_) caller.close();
        loop.advance(10min);   // whatever still waits runs into its limit
        for (Peer& app : app_connections_) app.close();
        loop.run();
    }

    Peer& connect_caller() {
        auto [ours, theirs] = net::MemoryStream::pair(loop.scheduler(), capacity_);
        callers_.emplace_back(std::move(ours));
        connections_.emplace_back(bench, std::move(theirs), address, inbound, connection_limits, lifecycle, idle);
        const auto connection = std::prev(connections_.end());
        tasks.spawn(connection->serve([this, connection] { connections_.erase(connection); }));
        loop.run();
        return callers_.back();
    }
    // As a drain does at its timeout.
    void cut() {
        for (ingress::Connection& connection : connections_) connection.cut(Fault{Reason::draining, "cut"});
    }
    [[nodiscard]] std::size_t app_connections() const { return app_connections_.size(); }
    Peer& app(std::size_t index) { return app_connections_.at(index); }
    [[nodiscard]] std::size_t serving() const { return tasks.running(); }

    ManualLoop loop;
    upstream::MemoryConnector* connector = nullptr;   // how connecting to the app goes
    ingress::ConnectionLimits connection_limits{.head = {}, .head_timeout = 10s, .idle = 60s};
    ingress::InboundSettings settings{.limits = {.timeout = 30s, .idle = 60s, .body_bytes = Bytes{}},
                                       .stream_idle = 1h,
                                       .replay_request = 64_KiB,
                                       .replay_total = 1_MiB};
    ingress::Lifecycle lifecycle;
    net::Worker bench{loop.scheduler(), Rng{7}, {}, {}};
    metrics::HttpServerInstruments instruments;
    metrics::HttpServerRecorder recorder{instruments.recorder()};
    logging::Writer writer{2};   // never started: lines stay in hand and are only counted
    middleware::ExchangeTelemetry telemetry{recorder, writer, "sim", middleware::AccessPolicy::all()};
    std::vector<std::string> templates{"/users/{id}"};
    route::Table routes{templates};
    metrics::LearnedRoutes learned{2};
    upstream::Cluster cluster{bench, make_connector(), connection_limits.head,
                              upstream::Pool::Settings{.idle_max = 4, .idle_for = 60s}};
    ingress::Journal journal{{.slow = 1s}};
    ingress::Inbound inbound{settings, routes, learned, cluster, telemetry, journal};
    ingress::IdleConnections idle;
    net::IpPort address;
    TaskGroup tasks;

    // Exchanges that have left a log line.
    [[nodiscard]] std::uint64_t logged() const { return writer.stats().accepted; }

private:
    std::unique_ptr<upstream::MemoryConnector> make_connector() {
        auto made = std::make_unique<upstream::MemoryConnector>(loop.scheduler(), app_connections_);
        made->capacity = capacity_;
        connector = made.get();
        return made;
    }

    std::list<ingress::Connection> connections_;
    std::deque<Peer> callers_;
};

}  // namespace outrigger::sim
