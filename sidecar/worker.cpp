// SPDX-License-Identifier: Apache-2.0
#include "sidecar/worker.hpp"

#include <memory>

namespace outrigger::sidecar {
namespace {

using namespace std::chrono_literals;

constexpr Duration beat_every = 1s;

std::unique_ptr<upstream::Connector> app_connector(net::Loop& loop, const WorkerSettings& settings) {
    return std::make_unique<upstream::SocketConnector>(loop, settings.app_name, settings.app_addresses);
}

}  // namespace

Worker::Worker(const Clock& clock, const WorkerSettings& settings, const route::Table& routes,
               metrics::LearnedRoutes& learned, middleware::ExchangeTelemetry telemetry, net::Fd listening, health::Heartbeat& heartbeat)
    : loop_{clock},
      bench_{loop_.scheduler(), Rng::from_system(), {}, {}},
      telemetry_{std::move(telemetry)},
      app_{bench_, app_connector(loop_, settings), settings.connections.head, settings.pool},
      inbound_{settings.inbound, routes, learned, app_, telemetry_},
      listener_{loop_, bench_, std::move(listening), inbound_, settings.connections, settings.connections_max},
      heartbeat_{heartbeat} {}

void Worker::start(std::function<void(std::size_t)> ended) {
    ended_ = std::move(ended);
    thread_ = std::thread{[this] { run(); }};
}

void Worker::join() {
    if (!thread_.joinable()) return;
    thread_.join();
    loop_.run_leftovers();
}

void Worker::run() {
    listener_.start();
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
    stop_beating_.cancel(Fault{Reason::draining, "the worker ends"});
    loop_.stop();
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
