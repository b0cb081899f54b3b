// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/logging/writer.hpp>
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>

#include "sidecar/ingress/connection.hpp"
#include "sidecar/ingress/inbound.hpp"
#include "sidecar/net/memory.hpp"

// A caller, the sidecar's data plane and an app, in one thread and in manual time. The tests play both peers by hand.
namespace outrigger::sim {

using namespace std::chrono_literals;

// One end of a connection, in the test's hand.
class Peer {
public:
    explicit Peer(std::unique_ptr<net::MemoryStream> stream) : stream_{std::move(stream)} {}

    // Gives up to all of `bytes` to the other side; returns what it did not take.
    std::string_view write(std::string_view bytes) {
        const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
        if (!stream_) return bytes;
        return bytes.substr(stream_->try_write({&part, 1}).count);
    }
    // Everything that has come so far, since the last call.
    std::string read() {
        std::string all;
        std::vector<char> buffer(64 * 1024);
        while (stream_) {
            const net::Transfer got = stream_->try_read(buffer);
            ended_ = ended_ || got.kind == net::Transfer::Kind::eof;
            broken_ = broken_ || got.kind == net::Transfer::Kind::fault;
            if (got.kind != net::Transfer::Kind::bytes) break;
            all.append(buffer.data(), got.count);
        }
        return all;
    }
    void shut_down_writing() { stream_->shut_down_writing(); }
    void close() { stream_.reset(); }
    void reset() {
        stream_->abort_on_close();
        stream_.reset();
    }
    // Known after read(): the other side closed in order; it broke off.
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool broken() const { return broken_; }

private:
    std::unique_ptr<net::MemoryStream> stream_;
    bool ended_ = false;
    bool broken_ = false;
};

// What the app's connector does next time.
struct ConnectPlan {
    std::optional<Fault> fault;
    Duration takes{};
};

class World {
public:
    explicit World(std::size_t capacity = 64 * 1024) : capacity_{capacity} {}
    ~World() {
        for (auto& caller : callers_) caller->close();
        for (auto& app : app_connections_) app->close();
        loop.advance(10min);   // whatever still waits runs into its limit
    }

    Peer& connect_caller() {
        auto [ours, theirs] = net::MemoryStream::pair(loop.scheduler(), capacity_);
        callers_.push_back(std::make_unique<Peer>(std::move(ours)));
        connections_.emplace_back(bench, std::move(theirs), address, inbound, connection_limits, lifecycle, idle);
        tasks.spawn(serve(std::prev(connections_.end())));
        loop.run();
        return *callers_.back();
    }
    [[nodiscard]] std::size_t app_connections() const { return app_connections_.size(); }
    Peer& app(std::size_t index) { return *app_connections_.at(index); }
    [[nodiscard]] std::size_t serving() const { return tasks.running(); }

    class AppConnector final : public upstream::Connector {
    public:
        explicit AppConnector(World& owner) : world{owner} {}
        Task<Result<std::unique_ptr<net::Stream>>> connect(Wait wait) override {
            const ConnectPlan now = world.plan;
            if (now.takes > 0ns) {
                Result<void> paused = co_await Pause{world.loop.scheduler(), now.takes, wait};
                if (!paused) co_return paused.error();
            }
            if (now.fault) co_return *now.fault;
            auto [ours, theirs] = net::MemoryStream::pair(world.loop.scheduler(), world.capacity_);
            world.app_connections_.push_back(std::make_unique<Peer>(std::move(ours)));
            co_return std::unique_ptr<net::Stream>{std::move(theirs)};
        }
        [[nodiscard]] std::string_view name() const noexcept override { return "app:3000"; }
        World& world;
    };

    ManualLoop loop;
    ConnectPlan plan;
    ingress::ConnectionLimits connection_limits{.head = {}, .head_timeout = 10s, .idle = 60s};
    ingress::InboundSettings settings{.limits = {.timeout = 30s, .idle = 60s, .body_bytes = Bytes{}}, .stream_idle = 1h};
    ingress::Lifecycle lifecycle;
    net::Worker bench{loop.scheduler(), Rng{7}, {}, {}};
    metrics::HttpServerInstruments instruments;
    metrics::HttpServerRecorder recorder{instruments.recorder()};
    logging::Writer writer{2};   // never started: lines stay in hand, where log() does not look; the counters count
    middleware::ExchangeTelemetry telemetry{recorder, writer, "sim", middleware::AccessPolicy::all()};
    std::vector<std::string> templates{"/users/{id}"};
    route::Table routes{templates};
    upstream::Cluster cluster{loop.scheduler(), std::make_unique<AppConnector>(*this), connection_limits.head,
                              upstream::Pool::Settings{.idle_max = 4, .idle_for = 60s}};
    ingress::Inbound inbound{settings, routes, cluster, telemetry};
    ingress::IdleConnections idle;
    net::SocketAddress address;
    TaskGroup tasks;

    // Exchanges that have left a log line.
    [[nodiscard]] std::uint64_t logged() const { return writer.stats().accepted; }

private:
    Task<void> serve(std::list<ingress::Connection>::iterator connection) {
        co_await connection->serve();
        connections_.erase(connection);
    }

    std::size_t capacity_;
    std::list<ingress::Connection> connections_;
    std::vector<std::unique_ptr<Peer>> callers_;
    std::vector<std::unique_ptr<Peer>> app_connections_;
};

}  // namespace outrigger::sim
