// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>

#include "sidecar/http1/inbox.hpp"
#include "sidecar/http1/parser.hpp"
#include "sidecar/ingress/service.hpp"

namespace outrigger::ingress {

struct ConnectionLimits {
    http1::HeadLimits head;
    Duration head_timeout{};   // within which a head must be whole, from its first byte
    Duration idle{};           // between requests
};

class Connection;
// Connections between two requests.
struct IdleConnections {
    std::list<Connection*> longest_first;
    Gate* one_more = nullptr;   // is opened whenever one comes to rest; null: nobody wants to know
};

// A caller's connection: one exchange after the other. At rest it holds no buffer and no arena.
class Connection {
public:
    Connection(net::Worker& worker, std::unique_ptr<net::Stream> stream, const net::SocketAddress& peer,
               Service& service, const ConnectionLimits& limits, const Lifecycle& lifecycle, IdleConnections& idle);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Until either side closes.
    [[nodiscard]] Task<void> serve();

    // The drain has begun: at rest, it closes after a short while.
    void begin_drain();
    // At rest, it closes now, in silence. False: it is not, or its next request has just come.
    bool give_way();
    // Ends now, whatever it is doing. A reply that has not begun becomes the fault's.
    void cut(const Fault& why) noexcept { cancel_.cancel(why); }
    [[nodiscard]] bool idle() const noexcept { return idle_; }

private:
    [[nodiscard]] Task<bool> serve_one();
    [[nodiscard]] Task<void> linger();
    [[nodiscard]] Instant idle_until() const noexcept;
    void rest();
    void awake();

    net::Worker& worker_;
    std::unique_ptr<net::Stream> stream_;
    net::SocketAddress peer_;
    Service& service_;
    const ConnectionLimits& limits_;
    const Lifecycle& lifecycle_;
    IdleConnections& idle_list_;
    std::list<Connection*> place_{this};   // the node with which it stands in the list while idle
    const std::list<Connection*>::iterator self_ = place_.begin();
    http1::Inbox inbox_{*stream_, worker_.pages};
    Cancel cancel_;
    bool first_ = true;      // no message has begun yet
    bool idle_ = false;
    bool lingers_ = false;   // the caller may still be sending
};

}  // namespace outrigger::ingress
