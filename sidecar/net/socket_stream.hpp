// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/task.hpp>

#include "sidecar/net/congestion_control.hpp"
#include "sidecar/net/loop.hpp"
#include "sidecar/net/socket.hpp"
#include "sidecar/net/stream.hpp"

namespace outrigger::net {

// A TCP or unix-domain connection on a loop. A read shorter than asked for is taken as "drained": the next bytes make a
// new edge.
class SocketStream final : public Stream, private Watcher {
public:
    // Takes a connected (or connecting) non-blocking socket. Null with errno set if epoll refuses it.
    [[nodiscard]] static std::unique_ptr<SocketStream> adopt(Loop& loop, Fd fd);
    ~SocketStream() override;

    [[nodiscard]] Transfer try_read(std::span<char> into) noexcept override;
    [[nodiscard]] Transfer try_write(std::span<const iovec> parts) noexcept override;
    [[nodiscard]] Transfer write_soon(std::span<const iovec> parts) noexcept override;
    void shut_down_writing() noexcept override;
    void abort_on_close() noexcept override;
    [[nodiscard]] bool has_unsent() const noexcept override { return !unsent_.empty(); }
    [[nodiscard]] std::optional<std::uint64_t> bytes_acknowledged() const noexcept override;
    [[nodiscard]] int fd() const noexcept { return fd_.number(); }
    // By the loop's SendBatch: what write_soon() took.
    void send_held(std::string_view message) noexcept;

private:
    friend Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, SocketAddress address, Wait wait);
    SocketStream(Loop& loop, Fd fd) noexcept : Stream{loop.scheduler()}, loop_{loop}, fd_{std::move(fd)} {}
    void on_events(std::uint32_t events) noexcept override;
    [[nodiscard]] Transfer catch_up() noexcept;
    void is_slow() noexcept;
    // Something that was held could not leave: nothing may follow it.
    [[nodiscard]] bool has_lost() const noexcept { return behind_ && unsent_.empty(); }
    [[nodiscard]] Transfer lost() const noexcept { return {Transfer::Kind::fault, broken_ != 0 ? broken_ : EPIPE}; }
    void keep(std::string_view unsent, std::ptrdiff_t sent) noexcept;
    void send_unsent() noexcept;
    void note_write_error() noexcept;

    Loop& loop_;
    Fd fd_;
    bool held_ = false;       // something of it is in the loop's batch
    bool was_slow_ = false;   // the peer, once: from then on it is told at once, so that its slowness is seen
    bool behind_ = false;     // something that was held has not left; see has_lost()
    bool ends_ = false;       // our side, once unsent_ has left
    std::string unsent_;      // what was held and the kernel has not taken yet
    int broken_ = 0;   // the error that a write was told; the kernel tells it once, and reading then looks like an end
    Loop::Watch* watch_ = nullptr;
};

// Fault: connect_failed with the errno, or the wait's own. A unix socket whose queue is full is tried again until the
// wait ends, since the kernel tells nobody when there is room.
[[nodiscard]] Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, SocketAddress address, Wait wait);

// A listening socket on a loop.
class Acceptor final : private Watcher {
public:
    // Throws std::system_error if epoll refuses it: starting only.
    Acceptor(Loop& loop, Fd listening);
    ~Acceptor() override;
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    struct Accepted {
        std::unique_ptr<Stream> stream;
        IpPort peer;
    };
    // Nothing waits: nullopt, and the gate is closed until someone does. Fault: out of descriptors or memory.
    [[nodiscard]] Result<std::optional<Accepted>> try_accept();
    [[nodiscard]] Gate& acceptable() noexcept { return acceptable_; }
    // Whether a caller waits to be accepted; if not, the gate is closed until one does.
    [[nodiscard]] bool someone_waits() noexcept;
    [[nodiscard]] SocketAddress address() const noexcept { return local_address(fd_.number()); }
    // From now on the kernel ignores those who want to connect, while handshakes under way still complete. Whoever
    // accepts until nobody waits may then close without resetting anyone; the ignored try again a second later and
    // are refused. Without effect where the kernel allows no socket filters.
    void ignore_newcomers() noexcept;

private:
    void on_events(std::uint32_t events) noexcept override;

    Loop& loop_;
    Fd fd_;
    const ListenersCongestionControl congestion_control_;
    Gate acceptable_;
    Loop::Watch* watch_ = nullptr;
};

}  // namespace outrigger::net
