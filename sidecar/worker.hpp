// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <outrigger/health/heartbeat.hpp>

#include "sidecar/ingress/inbound.hpp"
#include "sidecar/ingress/listener.hpp"
#include "sidecar/intake/lines.hpp"
#include "sidecar/intake/posts.hpp"
#include "sidecar/net/loop.hpp"
#include "sidecar/outbounds.hpp"

namespace outrigger::sidecar {

// What all workers share, none of it changing while they run.
struct WorkerSettings {
    ingress::ConnectionLimits connections;
    std::size_t connections_max = 1;
    ingress::InboundSettings inbound;
    upstream::Pool::Settings pool;
    std::string app_name;                          // "127.0.0.1:3000"
    std::vector<net::SocketAddress> app_addresses;
};

// Where a worker takes the app's records. None of both: it does not.
struct IntakeSockets {
    std::optional<net::Fd> posts;
    std::optional<net::Fd> lines;
};

// One event loop with everything that belongs to it: listener, connections, pool to the app. Made and destroyed on
// the starting thread, run on its own.
class Worker {
public:
    Worker(const Clock& clock, const WorkerSettings& settings, const route::Table& routes,
           metrics::LearnedRoutes& learned, middleware::ExchangeTelemetry telemetry, ingress::Journal& journal,
           net::Fd listening, WorkerOutbound outbound, health::Heartbeat& heartbeat,
           const intake::IntakeSettings& intake, IntakeSockets intake_sockets);
    ~Worker() { join(); }

    // Starts the thread. `ended` is called on it once accepting has stopped and the last connection has ended, with
    // the number of exchanges that were cut. The thread ends once end_rest() was called, too.
    void start(std::function<void(std::size_t cut)> ended);
    // Waits for the thread's end, and runs what was posted to its loop since: by the shipper, until that has ended.
    void join();

    // From any thread.
    void begin_drain();
    void stop_accepting();
    void cut(Fault why);
    // The app's calls and its records: takes what has been sent, answers it, and ends.
    void end_rest();
    // From now on these are the endpoints of the n-th upstream.
    void update(std::size_t upstream, std::shared_ptr<const upstream::EndpointList> endpoints);

private:
    [[nodiscard]] Task<void> beat();
    [[nodiscard]] Task<void> serve();
    [[nodiscard]] Task<void> finish_rest();
    [[nodiscard]] bool rest_is_busy();
    // Listeners other than the inbound one.
    template <class Visit>
    void for_each_other(Visit visit);
    void run();

    net::Loop loop_;
    net::Worker bench_;
    middleware::ExchangeTelemetry telemetry_;
    upstream::Cluster app_;
    ingress::Inbound inbound_;
    ingress::Listener listener_;
    // The app's calls to one upstream.
    struct Calls {
        Calls(net::Loop& loop, net::Worker& worker, const WorkerSettings& settings, WorkerUpstream from,
              middleware::ExchangeTelemetry& telemetry, ingress::Journal& journal);
        upstream::Cluster cluster;
        ingress::Outbound outbound;
        std::optional<ingress::Listener> listener;   // nothing: only the forward proxy brings calls
    };
    std::deque<Calls> calls_;
    struct Proxy {
        Proxy(net::Loop& loop, net::Worker& worker, const WorkerSettings& settings, WorkerProxy from,
              std::vector<ingress::Outbound*> upstreams, middleware::ExchangeTelemetry& telemetry,
              ingress::Journal& journal);
        net::DnsResolver resolver;
        ingress::Strangers strangers;
        ingress::ForwardProxy service;
        ingress::Listener listener;
    };
    std::optional<Proxy> proxy_;
    health::Heartbeat& heartbeat_;
    std::optional<intake::Posts> posts_;
    std::optional<ingress::Listener> post_listener_;
    std::optional<intake::Lines> lines_;
    Gate rest_may_end_{loop_.scheduler()};
    Cancel stop_beating_;
    TaskGroup tasks_;
    std::function<void(std::size_t)> ended_;
    std::size_t cut_ = 0;
    std::thread thread_;
};

}  // namespace outrigger::sidecar
