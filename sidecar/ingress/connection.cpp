// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/connection.hpp"

#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "sidecar/http1/server_stream.hpp"

namespace outrigger::ingress {
namespace {

using namespace std::chrono_literals;

constexpr Duration idle_while_draining = 2s;
// How long, and how much, a caller that is still sending may go on after its answer, so that closing does not make the
// kernel reset the connection and destroy the answer on its way (RFC 9112, section 9.6).
constexpr Duration linger_for = 1s;
constexpr std::size_t linger_bytes_max = 1024 * 1024;

// Room for a head: its forty members are set when it is parsed, and that is soon enough.
union NotYetMade {
    NotYetMade() noexcept {}
    ~NotYetMade() {}
    http1::RequestHead head;
};
static_assert(std::is_trivially_destructible_v<http1::RequestHead>);

}  // namespace

Connection::Connection(net::Worker& worker, std::unique_ptr<net::Stream> stream, const net::IpPort& peer,
                       Service& service, const ConnectionLimits& limits, const Lifecycle& lifecycle,
                       IdleConnections& idle)
    : worker_{worker},
      stream_{std::move(stream)},
      peer_{peer},
      service_{service},
      limits_{limits},
      lifecycle_{lifecycle},
      idle_list_{idle} {}

Instant Connection::idle_until() const noexcept {
    const Duration most = lifecycle_.draining ? std::min(idle_while_draining, limits_.idle) : limits_.idle;
    return after(worker_.scheduler.now(), most);
}

void Connection::rest() {
    idle_ = true;
    idle_list_.add(*this);
}

void Connection::awake() {
    idle_ = false;
    idle_list_.remove(*this);
}

void Connection::begin_drain() {
    if (idle_) stream_->readable().set_deadline(idle_until(), Reason::draining);
}

bool Connection::give_way() {
    return idle_ && !stream_->has_unsent() && stream_->readable().set_deadline(worker_.scheduler.now(), Reason::overloaded);
}

Task<bool> Connection::serve_one() {
    net::Arena arena{worker_.pages};
    NotYetMade not_yet_made;
    http1::RequestHead& head = not_yet_made.head;   // parsing makes it
    using Preface = http1::ServerStream::Preface;
    const bool first = std::exchange(first_, false);
    http1::ServerStream stream{*stream_, inbox_, limits_.head,
                               first && service_.relays_http2() ? Preface::relayed : Preface::refused};
    const Wait head_wait{after(worker_.scheduler.now(), limits_.head_timeout), &cancel_, Reason::request_timeout};
    std::optional<Result<void>> tried = stream.try_head(head, arena, worker_.scratch);
    if (!tried) tried = co_await stream.read_head(head, arena, worker_.scratch, head_wait);
    const Result<void>& read = *tried;
    if (!read && (read.error().reason == Reason::caller_left || cancel_.requested())) co_return false;
    if (!read) ::new (&head) http1::RequestHead;   // whatever of it was parsed, it says nothing

    Incoming incoming{worker_, stream, head, arena, peer_, lifecycle_, cancel_, worker_.wall()};
    if (read)
        co_await service_.answer(incoming);
    else
        co_await service_.refuse(incoming, read.error());
    if (stream.keeps_alive()) co_return true;
    // Behind a refused CONNECT comes what was meant for its tunnel.
    const bool may_be_sending = stream.request_unread() || !inbox_.empty() || head.method == "CONNECT";
    lingers_ = may_be_sending && !stream.was_reset() && !cancel_.requested();
    co_return lingers_;
}

Task<void> Connection::last_answer_left() {
    (void)co_await stream_->writable().wait(Wait{after(worker_.scheduler.now(), limits_.idle), &cancel_});
}

Task<bool> Connection::linger() {
    stream_->shut_down_writing();
    const Wait wait{after(worker_.scheduler.now(), linger_for), &cancel_};
    std::size_t discarded = 0;
    for (;;) {
        const net::Transfer got = stream_->try_read(worker_.scratch.read);
        discarded += got.count;
        if (got.kind == net::Transfer::Kind::eof || got.kind == net::Transfer::Kind::fault) co_return false;
        if (discarded > linger_bytes_max) co_return false;
        if (got.kind == net::Transfer::Kind::bytes) {
            co_await Yield{worker_.scheduler};
            continue;
        }
        Result<void> ready = co_await stream_->readable().wait(wait);
        if (!ready) co_return false;
    }
}

}  // namespace outrigger::ingress
