// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

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

// Connections between two requests, linked through themselves. Bound to their worker's thread.
class IdleConnections {
public:
    struct Link {
        Link* previous = nullptr;
        Link* next = nullptr;
    };
    IdleConnections() noexcept = default;
    IdleConnections(const IdleConnections&) = delete;
    IdleConnections& operator=(const IdleConnections&) = delete;

    inline void add(Connection& connection) noexcept;
    inline void remove(Connection& connection) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    // The longest idle first, until `visit` returns true.
    template <class Visit>
    void visit_until(Visit visit);

    Gate* one_more = nullptr;   // is opened whenever one comes to rest; null: nobody wants to know

private:
    Link ends_{&ends_, &ends_};   // previous: the last to come to rest; next: the first
    std::size_t size_ = 0;
};

// A caller's connection: one exchange after the other. At rest it holds no buffer and no arena.
class Connection : private IdleConnections::Link {
public:
    Connection(net::Worker& worker, std::unique_ptr<net::Stream> stream, const net::IpPort& peer,
               Service& service, const ConnectionLimits& limits, const Lifecycle& lifecycle, IdleConnections& idle);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Until either side closes. `at_end()` is the last that is done, and may destroy the connection: one frame for both,
    // since each connection at rest keeps it.
    template <class AtEnd>
    [[nodiscard]] Task<void> serve(AtEnd at_end);

    // The drain has begun: at rest, it closes after a short while.
    void begin_drain();
    // At rest, it closes now, in silence. False: it is not, or its next request has just come.
    bool give_way();
    // Ends now, whatever it is doing. A reply that has not begun becomes the fault's.
    void cut(const Fault& why) noexcept { cancel_.cancel(why); }
    [[nodiscard]] bool idle() const noexcept { return idle_; }

private:
    friend IdleConnections;
    // What is next; false: nothing. One task for serve() to wait for, whatever it is.
    [[nodiscard]] Task<bool> step() { return lingers_ ? linger() : serve_one(); }
    [[nodiscard]] Task<bool> serve_one();
    [[nodiscard]] Task<bool> linger();
    // The caller has stopped reading before an answer that was taken for sent.
    [[nodiscard]] Task<void> last_answer_left();
    [[nodiscard]] Instant idle_until() const noexcept;
    void rest();
    void awake();

    net::Worker& worker_;
    std::unique_ptr<net::Stream> stream_;
    net::IpPort peer_;
    Service& service_;
    const ConnectionLimits& limits_;
    const Lifecycle& lifecycle_;
    IdleConnections& idle_list_;
    http1::Inbox inbox_{*stream_, worker_.pages};
    Cancel cancel_;
    bool first_ = true;      // no message has begun yet
    bool idle_ = false;
    bool lingers_ = false;   // the caller may still be sending
};

template <class AtEnd>
Task<void> Connection::serve(AtEnd at_end) {
    bool more = true;
    while (more) {
        if (inbox_.empty() && !lingers_) {
            rest();
            const Result<void> ready = co_await stream_->readable().wait(Wait{idle_until(), &cancel_});
            awake();
            if (!ready) {
                if (stream_->has_unsent()) co_await last_answer_left();
                break;
            }
        }
        more = co_await step();
        // Answers that needed no wait must not starve the other connections.
        if (more && (!inbox_.empty() || stream_->readable().is_open())) co_await Yield{worker_.scheduler};
    }
    at_end();
}

inline void IdleConnections::add(Connection& connection) noexcept {
    Link& link = connection;
    link.previous = std::exchange(ends_.previous, &link);
    link.next = &ends_;
    link.previous->next = &link;
    ++size_;
    if (one_more) one_more->open();
}

inline void IdleConnections::remove(Connection& connection) noexcept {
    Link& link = connection;
    link.previous->next = link.next;
    link.next->previous = link.previous;
    --size_;
}

template <class Visit>
void IdleConnections::visit_until(Visit visit) {
    for (Link* link = ends_.next; link != &ends_; link = link->next)
        if (visit(static_cast<Connection&>(*link))) return;
}

}  // namespace outrigger::ingress
