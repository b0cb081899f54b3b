// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <outrigger/core/scheduler.hpp>

namespace outrigger::net {

// What a read or write did. Two words, returned in registers.
struct Transfer {
    enum class Kind : std::uint8_t {
        bytes,   // `count` of them, at least one
        again,   // nothing now: wait for the gate
        eof,     // the peer has closed its side in order (reading only)
        fault,   // the connection broke
    };
    Kind kind = Kind::again;
    int os_error = 0;   // of a fault
    std::size_t count = 0;

    [[nodiscard]] static Transfer of_bytes(std::size_t count) noexcept { return {Kind::bytes, 0, count}; }
    // `what` was tried: "recv", "send".
    [[nodiscard]] Fault fault(std::string_view what) const noexcept { return {Reason::upstream_reset, what, os_error}; }
};

// Is told, at most once, that the peer has closed its sending side or the connection, even when nobody reads.
// Called from the loop's dispatch: it must not destroy the stream.
class PeerWatch {
public:
    virtual ~PeerWatch() = default;
    virtual void peer_closed() noexcept = 0;
};

// A connection as bytes: TCP, unix sockets, in memory, later TLS. Readiness style: try, and on `again` wait for
// the gate. Bound to its loop's thread. Closing is destroying.
class Stream {
public:
    explicit Stream(Scheduler& scheduler) noexcept : readable_{scheduler}, writable_{scheduler, true} {}
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream() = default;

    [[nodiscard]] virtual Transfer try_read(std::span<char> into) noexcept = 0;
    [[nodiscard]] virtual Transfer try_write(std::span<const iovec> parts) noexcept = 0;
    // The same for what may wait until the end of the loop's turn. What is taken counts as written, in its order, though
    // a peer may turn out to be slow; that it could not leave is told by the next read or write. So not where it matters
    // whether the peer can have seen it, nor for a last word, behind which nobody waits.
    [[nodiscard]] virtual Transfer write_soon(std::span<const iovec> parts) noexcept { return try_write(parts); }
    // Some of what write_soon() took waits for a slow peer: the gate of writing opens once it has left. A stream that ends
    // before that loses it.
    [[nodiscard]] virtual bool has_unsent() const noexcept { return false; }
    // Sends what is written and then the end; reading goes on.
    virtual void shut_down_writing() noexcept = 0;
    // How many of the written bytes the peer's machine has confirmed since the connection began; nothing where the
    // transport does not tell (unix sockets).
    [[nodiscard]] virtual std::optional<std::uint64_t> bytes_acknowledged() const noexcept { return std::nullopt; }
    // The next close discards what is unsent and tells the peer so at once (TCP: RST).
    virtual void abort_on_close() noexcept = 0;

    [[nodiscard]] Gate& readable() noexcept { return readable_; }
    [[nodiscard]] Gate& writable() noexcept { return writable_; }

    // The peer has closed at least its sending side. Bytes may still be there to read.
    [[nodiscard]] bool peer_has_closed() const noexcept { return peer_closed_; }
    // One watch at a time; null ends it. A peer that has closed already is told of before this returns.
    void watch_peer(PeerWatch* watch) noexcept {
        watch_ = watch;
        if (peer_closed_) tell_peer_closed();
    }

protected:
    void note_peer_closed() noexcept {
        peer_closed_ = true;
        tell_peer_closed();
    }

    Gate readable_;
    Gate writable_;

private:
    void tell_peer_closed() noexcept {
        if (PeerWatch* watch = watch_) {
            watch_ = nullptr;
            watch->peer_closed();
        }
    }
    PeerWatch* watch_ = nullptr;
    bool peer_closed_ = false;
};

}  // namespace outrigger::net
