// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/listener.hpp"

namespace outrigger::ingress {
namespace {

using namespace std::chrono_literals;

constexpr int accepted_per_turn = 64;
// Out of descriptors: waiting callers stay in the kernel's queue until some are free again.
constexpr Duration pause_when_exhausted = 100ms;
// Between ignoring newcomers and closing: a round trip, generously.
constexpr Duration last_handshakes = 50ms;

}  // namespace

Listener::Listener(net::Loop& loop, net::Worker& worker, net::Fd listening, Service& service,
                   const ConnectionLimits& limits, std::size_t connections_max)
    : worker_{worker},
      acceptor_{std::make_unique<net::Acceptor>(loop, std::move(listening))},
      service_{service},
      limits_{limits},
      connections_max_{connections_max},
      room_{loop.scheduler(), true} {
    idle_.one_more = &room_;
}

// Takes who is waiting, up to a turn's worth. False: the machine has no descriptors left.
bool Listener::accept_waiting() {
    for (int i = 0; i < accepted_per_turn && connections_.size() < connections_max_; ++i) {
        auto accepted = acceptor_->try_accept();
        if (!accepted) return false;
        if (!*accepted) return true;
        auto& [stream, peer] = **accepted;
        const auto connection = connections_.emplace(connections_.end(), worker_, std::move(stream), peer, service_,
                                                     limits_, lifecycle_, idle_);
        tasks_.spawn(connection->serve([this, connection] { end(connection); }));
    }
    return true;
}

void Listener::make_room() {
    idle_.visit_until([](Connection& idle) { return idle.give_way(); });
}

// Waits until somebody has connected and there is room for them. False: no more are taken.
Task<bool> Listener::someone_may_come() {
    const Wait wait{.cancel = &stop_accepting_};
    for (;;) {
        Result<void> ready = co_await acceptor_->acceptable().wait(wait);
        if (!ready) co_return false;
        if (connections_.size() < connections_max_) co_return true;
        if (!acceptor_->someone_waits()) continue;   // nobody is closed for nobody
        make_room();
        room_.close();   // until a connection has ended, or has come to rest and can make room
        ready = co_await room_.wait(wait);
        if (!ready) co_return false;
    }
}

Task<void> Listener::accept_callers() {
    const Wait wait{.cancel = &stop_accepting_};
    while (co_await someone_may_come()) {
        if (!accept_waiting()) (void)co_await Pause{worker_.scheduler, pause_when_exhausted, wait};
        if (acceptor_->acceptable().is_open()) co_await Yield{worker_.scheduler};
    }
    // Whoever has connected already was accepted by the kernel: closing would reset them. The loop may not have heard
    // of the last ones yet, and the last handshakes take a moment.
    acceptor_->ignore_newcomers();
    if (!cut_) (void)co_await Pause{worker_.scheduler, last_handshakes, {}};
    acceptor_->acceptable().open();
    while (!cut_ && acceptor_->acceptable().is_open() && connections_.size() < connections_max_ && accept_waiting()) continue;
    acceptor_.reset();
}

void Listener::end(std::list<Connection>::iterator connection) {
    connections_.erase(connection);
    room_.open();
}

void Listener::begin_drain() {
    lifecycle_.draining = true;
    for (Connection& connection : connections_) connection.begin_drain();
}

void Listener::stop_accepting() { stop_accepting_.cancel(Fault{Reason::draining, "the listener closes"}); }

std::size_t Listener::cut(const Fault& why) {
    cut_ = true;
    for (Connection& connection : connections_) connection.cut(why);
    return busy();
}

}  // namespace outrigger::ingress
