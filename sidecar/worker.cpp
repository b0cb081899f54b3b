// SPDX-License-Identifier: Apache-2.0
#include "sidecar/worker.hpp"

#include <memory>

namespace outrigger::sidecar {
namespace {

using namespace std::chrono_literals;

constexpr Duration beat_every = 1s;
// At the end of the intake: for posts that are on their way, and for their commit.
constexpr Duration last_posts = 1s;
constexpr Duration look_every = 20ms;

std::unique_ptr<upstream::Connector> app_connector(net::Loop& loop, const WorkerSettings& settings) {
    return std::make_unique<upstream::SocketConnector>(loop, settings.app_name, settings.app_addresses);
}

}  // namespace

Worker::Worker(const Clock& clock, const WorkerSettings& settings, const route::Table& routes,
               metrics::LearnedRoutes& learned, middleware::ExchangeTelemetry telemetry, net::Fd listening, health::Heartbeat& heartbeat,
               const intake::IntakeSettings& intake, IntakeSockets intake_sockets)
    : loop_{clock},
      bench_{loop_.scheduler(), Rng::from_system(), {}, {}},
      telemetry_{std::move(telemetry)},
      app_{bench_, app_connector(loop_, settings), settings.connections.head, settings.pool},
      inbound_{settings.inbound, routes, learned, app_, telemetry_},
      listener_{loop_, bench_, std::move(listening), inbound_, settings.connections, settings.connections_max},
      heartbeat_{heartbeat} {
    if (intake_sockets.posts) {
        posts_.emplace(intake);
        post_listener_.emplace(loop_, bench_, std::move(*intake_sockets.posts), *posts_, settings.connections, settings.connections_max);
    }
    if (intake_sockets.lines) lines_.emplace(loop_, bench_, std::move(*intake_sockets.lines), intake);
}

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
    if (post_listener_) post_listener_->start();
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
    (void)co_await intake_may_end_.wait({});
    co_await finish_intake();
    stop_beating_.cancel(Fault{Reason::draining, "the worker ends"});
    loop_.stop();
}

bool Worker::intake_is_busy() const noexcept {
    return (post_listener_ && (post_listener_->accepting() || post_listener_->busy() > 0)) || (lines_ && lines_->busy());
}

Task<void> Worker::finish_intake() {
    const Fault ending{Reason::draining, "the intake closes"};
    if (post_listener_) {
        post_listener_->begin_drain();
        post_listener_->stop_accepting();
    }
    if (lines_) lines_->stop();
    const Instant end = after(loop_.scheduler().now(), last_posts);
    while (intake_is_busy() && loop_.scheduler().now() < end) (void)co_await Pause{loop_.scheduler(), look_every, {}};
    if (post_listener_) {
        (void)post_listener_->cut(ending);   // connections at rest
        co_await post_listener_->ended();
    }
    if (lines_) {
        lines_->cut(ending);
        co_await lines_->ended();
    }
}

void Worker::end_intake() {
    post(loop_, [this] { intake_may_end_.open(); });
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
