// SPDX-License-Identifier: Apache-2.0
#include "sidecar/worker.hpp"

#include <memory>
#include <utility>

#include "sidecar/upstream/resolving_connector.hpp"

namespace outrigger::sidecar {
namespace {

using namespace std::chrono_literals;

constexpr Duration beat_every = 1s;
// At the end: for calls and posts that are on their way, and for their answers.
constexpr Duration last_answers = 1s;
constexpr Duration look_every = 20ms;

std::unique_ptr<upstream::Connector> app_connector(net::Loop& loop, const WorkerSettings& settings) {
    return std::make_unique<upstream::SocketConnector>(loop, settings.app_name, settings.app_addresses);
}

}  // namespace

Worker::Worker(const Clock& clock, const WorkerSettings& settings, const route::Table& routes,
               metrics::LearnedRoutes& learned, middleware::ExchangeTelemetry telemetry, ingress::Journal& journal,
               net::Fd listening, WorkerOutbound outbound, health::Heartbeat& heartbeat,
               const intake::IntakeSettings& intake, IntakeSockets intake_sockets)
    : loop_{clock},
      bench_{loop_.scheduler(), Rng::from_system(), {}, {}},
      telemetry_{std::move(telemetry)},
      app_{bench_, app_connector(loop_, settings), settings.connections.head, settings.pool},
      inbound_{settings.inbound, routes, learned, app_, telemetry_, journal},
      listener_{loop_, bench_, std::move(listening), inbound_, settings.connections, settings.connections_max},
      heartbeat_{heartbeat} {
    std::vector<ingress::Outbound*> upstreams;
    for (WorkerUpstream& upstream : outbound.upstreams)
        upstreams.push_back(
            &calls_.emplace_back(loop_, bench_, settings, std::move(upstream), telemetry_, journal).outbound);
    if (outbound.proxy)
        proxy_.emplace(loop_, bench_, settings, std::move(*outbound.proxy), std::move(upstreams), telemetry_, journal);
    if (intake_sockets.posts) {
        posts_.emplace(intake);
        post_listener_.emplace(loop_, bench_, std::move(*intake_sockets.posts), *posts_, settings.connections, settings.connections_max);
    }
    if (intake_sockets.lines) lines_.emplace(loop_, bench_, std::move(*intake_sockets.lines), intake);
}

Worker::Calls::Calls(net::Loop& loop, net::Worker& worker, const WorkerSettings& settings, WorkerUpstream from,
                     middleware::ExchangeTelemetry& telemetry, ingress::Journal& journal)
    : cluster{worker, from.shared,
              [&loop](const upstream::Endpoint& endpoint) {
                  return std::make_unique<upstream::SocketConnector>(loop, endpoint.name(),
                                                                     std::vector{endpoint.address()});
              },
              settings.connections.head, upstream::Cluster::Settings{.pool = settings.pool}},
      outbound{from.calls, cluster, from.recorder, telemetry, journal} {
    if (from.listening)
        listener.emplace(loop, worker, std::move(*from.listening), outbound, settings.connections,
                         settings.connections_max);
}

Worker::Proxy::Proxy(net::Loop& loop, net::Worker& worker, const WorkerSettings& settings, WorkerProxy from,
                     std::vector<ingress::Outbound*> upstreams, middleware::ExchangeTelemetry& telemetry,
                     ingress::Journal& journal)
    : resolver{loop},
      strangers{{worker, from.settings.others, settings.connections.head, settings.pool.idle_for, from.recorder,
                 telemetry, journal},
                [this, &loop](const route::Authority& authority) {
                    std::string_view host = authority.host;
                    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
                    return std::make_unique<upstream::ResolvingConnector>(loop, resolver, authority.text(),
                                                                          std::string{host}, authority.port);
                }},
      service{from.settings, std::move(upstreams), strangers, from.recorder, telemetry, journal},
      listener{loop, worker, std::move(from.listening), service, settings.connections, settings.connections_max} {}

void Worker::start(std::function<void(std::size_t)> ended) {
    ended_ = std::move(ended);
    thread_ = std::thread{[this] { run(); }};
}

void Worker::join() {
    if (thread_.joinable()) thread_.join();
    loop_.run_leftovers();
}

void Worker::run() {
    listener_.start();
    for_each_other([](ingress::Listener& listener) { listener.start(); });
    if (lines_) lines_->start();
    tasks_.spawn(beat());
    tasks_.spawn(serve());
    loop_.run();
}

Task<void> Worker::beat() {
    for (Result<void> paused; paused;) {
        heartbeat_.beat(loop_.scheduler().now());
        paused = co_await Pause{loop_.scheduler(), beat_every, Wait{.cancel = &stop_beating_}};
    }
}

Task<void> Worker::serve() {
    co_await listener_.ended();
    ended_(cut_);
    (void)co_await rest_may_end_.wait({});
    co_await finish_rest();
    stop_beating_.cancel(Fault{Reason::draining, "the worker ends"});
    loop_.stop();
}

template <class Visit>
void Worker::for_each_other(Visit visit) {
    for (Calls& calls : calls_)
        if (calls.listener) visit(*calls.listener);
    if (proxy_) visit(proxy_->listener);
    if (post_listener_) visit(*post_listener_);
}

bool Worker::rest_is_busy() {
    bool busy = lines_ && lines_->busy();
    for_each_other([&](const ingress::Listener& listener) { busy = busy || listener.accepting() || listener.busy() > 0; });
    return busy;
}

Task<void> Worker::finish_rest() {
    const Fault ending{Reason::draining, "the sidecar ends"};
    for_each_other([](ingress::Listener& listener) {
        listener.begin_drain();
        listener.stop_accepting();
    });
    if (lines_) lines_->stop();
    const Instant end = after(loop_.scheduler().now(), last_answers);
    while (rest_is_busy() && loop_.scheduler().now() < end) (void)co_await Pause{loop_.scheduler(), look_every, {}};
    for_each_other([&](ingress::Listener& listener) { (void)listener.cut(ending); });   // and connections at rest
    for (Calls& calls : calls_)
        if (calls.listener) co_await calls.listener->ended();
    if (proxy_) co_await proxy_->listener.ended();
    if (post_listener_) co_await post_listener_->ended();
    if (lines_) {
        lines_->cut(ending);
        co_await lines_->ended();
    }
}

void Worker::end_rest() {
    post(loop_, [this] { rest_may_end_.open(); });
}

void Worker::update(std::size_t upstream, std::shared_ptr<const upstream::EndpointList> endpoints) {
    post(loop_, [this, upstream, endpoints = std::move(endpoints)]() mutable {
        calls_[upstream].cluster.update(std::move(endpoints));
    });
}

void Worker::begin_drain() {
    post(loop_, [this] { listener_.begin_drain(); });
}
void Worker::stop_accepting() {
    post(loop_, [this] { listener_.stop_accepting(); });
}
void Worker::cut(Fault why) {
    post(loop_, [this, why] { cut_ += listener_.cut(why); });
}

}  // namespace outrigger::sidecar
