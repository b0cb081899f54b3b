// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/socket_stream.hpp"

#include <linux/filter.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "sidecar/net/congestion_control.hpp"
#include "sidecar/net/system_calls.hpp"
#include "sidecar/net/tcp_info.hpp"

namespace outrigger::net {
namespace {

using namespace std::chrono_literals;

constexpr Duration pause_when_queue_is_full = 1ms;

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

std::size_t total(std::span<const iovec> parts) noexcept {
    std::size_t bytes = 0;
    for (const iovec& part : parts) bytes += part.iov_len;
    return bytes;
}

Transfer failed() noexcept {
    if (would_block(errno)) return {Transfer::Kind::again};
    return {Transfer::Kind::fault, errno};
}

[[gnu::noinline]] std::ptrdiff_t send_parts(int fd, std::span<const iovec> parts) noexcept {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());   // sendmsg does not write to it
    message.msg_iovlen = parts.size();
    return send_message(fd, message, MSG_NOSIGNAL);
}

}  // namespace

std::unique_ptr<SocketStream> SocketStream::adopt(Loop& loop, Fd fd) {
    const int on = 1;
    ::setsockopt(fd.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::unique_ptr<SocketStream> stream{new SocketStream{loop, std::move(fd)}};
    stream->watch_ = loop.watch(stream->fd_.number(), *stream);
    if (!stream->watch_) return nullptr;
    return stream;
}

SocketStream::~SocketStream() {
    if (held_) loop_.sends().flush();
    if (watch_) loop_.unwatch(watch_, fd_.number());
}

Transfer SocketStream::try_read(std::span<char> into) noexcept {
    std::ptrdiff_t count;
    do count = receive(fd_.number(), into);
    while (count < 0 && errno == EINTR);
    if (count < 0) {
        if (would_block(errno)) {
            if (has_lost()) return lost();
            readable_.close();
        }
        return failed();
    }
    if (count == 0 && broken_ != 0) {
        errno = broken_;
        return failed();
    }
    if (count == 0) return {Transfer::Kind::eof};
    // Once the peer has closed there is no further edge: the gate stays open until the end was read.
    if (static_cast<std::size_t>(count) < into.size() && !peer_has_closed()) readable_.close();
    return Transfer::of_bytes(static_cast<std::size_t>(count));
}

[[gnu::noinline]] Transfer SocketStream::try_write(std::span<const iovec> parts) noexcept {
    if (held_ || behind_)
        if (const Transfer caught_up = catch_up(); caught_up.kind != Transfer::Kind::bytes) return caught_up;
    const bool single = parts.size() == 1;   // mostly, and cheaper in the kernel too
    std::ptrdiff_t count;
    do count = single ? send_bytes(fd_.number(), parts.front(), MSG_NOSIGNAL) : send_parts(fd_.number(), parts);
    while (count < 0 && errno == EINTR);
    if (count < 0) {
        note_write_error();
        return failed();
    }
    if (static_cast<std::size_t>(count) < (single ? parts.front().iov_len : total(parts))) is_slow();
    return Transfer::of_bytes(static_cast<std::size_t>(count));
}

[[gnu::noinline]] void SocketStream::is_slow() noexcept {
    was_slow_ = true;
    writable_.close();
}

void SocketStream::note_write_error() noexcept {
    if (would_block(errno))
        is_slow();
    else if (errno != EPIPE)   // that is what comes of writing after the peer's end, which was in order
        broken_ = errno;
}

Transfer SocketStream::write_soon(std::span<const iovec> parts) noexcept {
    const iovec& first = parts.front();
    if (parts.size() != 1 || first.iov_len > SendBatch::largest || was_slow_) return try_write(parts);
    loop_.sends().hold(*this, {static_cast<const char*>(first.iov_base), first.iov_len});   // may flush first
    held_ = true;
    return Transfer::of_bytes(first.iov_len);
}

void SocketStream::send_held(std::string_view message) noexcept {
    held_ = false;
    if (behind_) {
        if (has_unsent()) unsent_.append(message);
        return;
    }
    const iovec part{const_cast<char*>(message.data()), message.size()};   // send does not write to it
    std::ptrdiff_t sent;
    do sent = send_bytes(fd_.number(), part, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent != static_cast<std::ptrdiff_t>(message.size())) keep(message, sent);
}

// The kernel took only so much, or said why not.
[[gnu::noinline]] void SocketStream::keep(std::string_view unsent, std::ptrdiff_t sent) noexcept {
    behind_ = true;
    is_slow();
    if (sent < 0) note_write_error();
    if (sent < 0 && !would_block(errno)) return readable_.open();   // there the error is told
    unsent_.assign(unsent.substr(static_cast<std::size_t>(std::max<std::ptrdiff_t>(sent, 0))));
}

// Bytes: all that was held has left.
[[gnu::noinline]] Transfer SocketStream::catch_up() noexcept {
    if (held_) loop_.sends().flush();
    if (has_lost()) return lost();
    if (!behind_) return {Transfer::Kind::bytes};
    writable_.close();
    return {Transfer::Kind::again};
}

void SocketStream::send_unsent() noexcept {
    const std::string unsent = std::exchange(unsent_, {});
    behind_ = false;
    send_held(unsent);
    if (!behind_ && ends_) ::shutdown(fd_.number(), SHUT_WR);
}

void SocketStream::shut_down_writing() noexcept {
    if (held_) loop_.sends().flush();
    ends_ = has_unsent();
    if (!ends_) ::shutdown(fd_.number(), SHUT_WR);
}

std::optional<std::uint64_t> SocketStream::bytes_acknowledged() const noexcept {
    return tcp_bytes_acknowledged(fd_.number());
}

void SocketStream::abort_on_close() noexcept {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void SocketStream::on_events(std::uint32_t events) noexcept {
    const bool broken = events & (EPOLLERR | EPOLLHUP);
    if (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) note_peer_closed();
    if ((events & (EPOLLIN | EPOLLRDHUP)) || broken) readable_.open();
    if (!(events & EPOLLOUT) && !broken) return;
    if (has_unsent()) send_unsent();
    if (!has_unsent()) writable_.open();
}

Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, SocketAddress address, Wait wait) {
    Fd fd{::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd.valid()) co_return Fault{Reason::overloaded, "socket", errno};
    CongestionControl::before_connecting(fd.number(), address);
    while (::connect(fd.number(), address.raw(), address.length) != 0 && errno != EINPROGRESS) {
        if (errno != EAGAIN || address.storage.ss_family != AF_UNIX)
            co_return Fault{Reason::connect_failed, "connect", errno};
        Result<void> paused = co_await Pause{loop.scheduler(), pause_when_queue_is_full, wait};
        if (!paused) co_return paused.error();
    }

    std::unique_ptr<SocketStream> stream = SocketStream::adopt(loop, std::move(fd));
    if (!stream) co_return Fault{Reason::overloaded, "epoll_ctl", errno};
    stream->writable_.close();
    Result<void> connected = co_await stream->writable().wait(wait);
    if (!connected) co_return connected.error();

    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(stream->fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) co_return Fault{Reason::connect_failed, "connect", error};
    co_return std::unique_ptr<Stream>{std::move(stream)};
}

Acceptor::Acceptor(Loop& loop, Fd listening)
    : loop_{loop}, fd_{std::move(listening)}, congestion_control_{fd_.number()}, acceptable_{loop.scheduler(), true} {
    watch_ = loop_.watch(fd_.number(), *this);
    if (!watch_) throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
}

Acceptor::~Acceptor() { loop_.unwatch(watch_, fd_.number()); }

void Acceptor::on_events(std::uint32_t) noexcept { acceptable_.open(); }

bool Acceptor::someone_waits() noexcept {
    pollfd look{.fd = fd_.number(), .events = POLLIN, .revents = 0};
    if (::poll(&look, 1, 0) != 0) return true;   // what is wrong, if something is, accepting will tell
    acceptable_.close();
    return false;
}

void Acceptor::ignore_newcomers() noexcept {
    // A filter sees a segment from its TCP header on; the flags are its byte 13 (RFC 9293, section 3.1).
    constexpr std::uint32_t flags_offset = 13;
    constexpr std::uint32_t syn = 0x02;
    std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_offset),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, syn, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),            // drop
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),   // take it whole
    }};
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    ::setsockopt(fd_.number(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

Result<std::optional<Acceptor::Accepted>> Acceptor::try_accept() {
    SocketAddress peer;
    Fd fd;
    do {
        peer.length = sizeof peer.storage;
        fd = Fd{::accept4(fd_.number(), peer.raw(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        // A caller that has left before it was accepted is no reason to pause.
    } while (!fd.valid() && (errno == ECONNABORTED || errno == EINTR));
    if (!fd.valid()) {
        if (would_block(errno)) {
            acceptable_.close();
            return std::optional<Accepted>{};
        }
        return Fault{Reason::overloaded, "accept", errno};
    }
    const IpPort from{peer};
    congestion_control_.accepted(fd.number(), from);
    auto stream = SocketStream::adopt(loop_, std::move(fd));
    if (!stream) return Fault{Reason::overloaded, "epoll_ctl", errno};
    return std::optional{Accepted{std::move(stream), from}};
}

}  // namespace outrigger::net
