// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <memory>

#include "sidecar/ingress/connection.hpp"
#include "sidecar/net/socket_stream.hpp"

namespace outrigger::ingress {

// Accepts callers on one worker and keeps their connections. Its thread only.
class Listener {
public:
    // `connections_max`: at that many, the longest idle one is closed to make room; when none is idle, callers wait in
    // the kernel's queue.
    Listener(net::Loop& loop, net::Worker& worker, net::Fd listening, Service& service, const ConnectionLimits& limits,
             std::size_t connections_max);

    void start() { tasks_.spawn(accept_callers()); }

    // Every answer now closes its connection; connections at rest close soon; new ones are still served.
    void begin_drain();
    // Takes whoever has connected already, then closes the listening socket.
    void stop_accepting();
    // Cuts what is left. Returns how many exchanges that were.
    std::size_t cut(const Fault& why);
    // Waits until accepting has stopped and the last connection has ended.
    [[nodiscard]] TaskGroup::Ended ended() noexcept { return tasks_.ended(); }

    // Until the listening socket is closed.
    [[nodiscard]] bool accepting() const noexcept { return acceptor_ != nullptr; }
    // As bound; only while accepting.
    [[nodiscard]] net::SocketAddress address() const noexcept { return acceptor_->address(); }
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }
    [[nodiscard]] std::size_t busy() const noexcept { return connections_.size() - idle_.size(); }
    [[nodiscard]] const Lifecycle& lifecycle() const noexcept { return lifecycle_; }

private:
    [[nodiscard]] Task<void> accept_callers();
    [[nodiscard]] Task<bool> someone_may_come();
    void end(std::list<Connection>::iterator connection);
    [[nodiscard]] bool accept_waiting();
    void make_room();

    net::Worker& worker_;
    std::unique_ptr<net::Acceptor> acceptor_;
    Service& service_;
    const ConnectionLimits& limits_;
    std::size_t connections_max_;
    Lifecycle lifecycle_;
    IdleConnections idle_;
    std::list<Connection> connections_;
    Gate room_;                 // open: there may be room for a connection more, or a way to make it
    Cancel stop_accepting_;
    bool cut_ = false;          // nobody is taken any more, not even who has connected already
    TaskGroup tasks_;
};

}  // namespace outrigger::ingress
