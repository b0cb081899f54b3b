// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>

#include "sidecar/http1/message.hpp"
#include "sidecar/net/arena.hpp"
#include "sidecar/net/stream.hpp"

// The seam between what HTTP means and how it is written: one request and its reply, whatever the protocol version.
// An exchange sees only this, never a socket.
namespace outrigger::http1 {

// Takes a body. What is written is gathered and must stay valid until push(), which sends it as one and copies what
// the peer does not take; so push() comes before every suspension.
class BodySink {
public:
    virtual ~BodySink() = default;
    virtual void write_body(std::string_view payload) noexcept = 0;
    // `trailers`: field lines, each with its CRLF; dropped where the message's framing has no place for them.
    virtual void end_body(std::string_view trailers) noexcept = 0;
    // Fault: the peer is gone. Not taking it all is no fault: see congested().
    [[nodiscard]] virtual Result<void> push() noexcept = 0;
    // Whether written bytes wait for the peer to take them; then await drained() before writing on.
    [[nodiscard]] virtual bool congested() const noexcept = 0;
    [[nodiscard]] virtual Task<Result<void>> drained(Wait wait) = 0;
};

// What one turn of moving a body came to.
struct BodyProgress {
    enum class Kind : std::uint8_t {
        moved,   // some payload or framing; there may be more at once
        again,   // nothing now: wait for readable()
        end,     // the body is complete
        fault,
    };
    Kind kind = Kind::again;
    std::uint64_t payload = 0;   // bytes handed to the sink
    Fault fault = {};
};

class HttpStream : public BodySink {
public:
    // Moves what one read gives (at most Scratch::bytes) from the peer's message to `sink`.
    [[nodiscard]] virtual BodyProgress pump_body(net::Scratch& scratch, BodySink& sink) noexcept = 0;
    // The trailer fields that may go on, as end_body() takes them; known once pump_body() has said `end`.
    [[nodiscard]] virtual std::string_view trailers() const noexcept = 0;
    [[nodiscard]] virtual Gate& readable() noexcept = 0;
    // From now on bytes pass as they are, both ways: pump_body() ends where the peer closes its side, end_body() closes
    // ours. The connection carries no further message.
    virtual void become_tunnel() noexcept = 0;
    // The message cannot be finished: the peer must be able to tell it from a complete one.
    virtual void reset() noexcept = 0;
};

// The side that faces a caller: reads a request, writes the reply.
class HttpServerStream : public HttpStream {
public:
    // The request's head, its views in `arena`. Fault: what is wrong with it, or why it did not come; caller_left
    // when the peer closed in order before the first byte.
    [[nodiscard]] virtual Task<Result<void>> read_head(RequestHead& head, net::Arena& arena, net::Scratch& scratch,
                                                       Wait wait) = 0;
    // The reply's head. Framing and connection fields are the stream's own business; `fields` has none of them.
    virtual void write_head(const ResponseHead& head, net::Arena& arena) = 0;
    // A 1xx before the reply.
    virtual void write_interim(const ResponseHead& head, net::Arena& arena) = 0;
    // The reply says that no further request is taken on this connection (draining).
    virtual void close_after_reply() noexcept = 0;
    // Tells when the caller goes away; null ends it.
    virtual void watch_caller(net::PeerWatch* watch) noexcept = 0;
    [[nodiscard]] virtual bool reply_begun() const noexcept = 0;
};

// The side that faces an endpoint: writes a request, reads the reply. One request at a time.
class HttpClientStream : public HttpStream {
public:
    virtual void write_head(const RequestHead& head, net::Arena& arena) = 0;
    // The next reply head: an interim one (1xx) or the final one, its views in `arena`. Nothing: it is not whole yet;
    // call again when readable() has opened. Fault: upstream_reset, upstream_protocol_error.
    [[nodiscard]] virtual std::optional<Result<void>> try_head(ResponseHead& head, net::Arena& arena,
                                                               net::Scratch& scratch) = 0;
    // The first byte of the reply has come.
    [[nodiscard]] virtual bool reply_begun() const noexcept = 0;
    // After a fault of try_head() on a connection that had carried a message before: no byte of this request can have
    // reached the endpoint's program. Either none was sent, or the endpoint had closed the connection in order and its
    // machine has acknowledged nothing since (TCP only).
    [[nodiscard]] virtual bool request_unseen() const noexcept = 0;
    // The exchange is over and the connection can carry another.
    [[nodiscard]] virtual bool reusable() const noexcept = 0;
    // How long the endpoint said, in its last reply, that it keeps an idle connection open; nothing: it did not say.
    [[nodiscard]] virtual std::optional<Duration> idle_promise() const noexcept = 0;
    // The connection on which it runs is being closed by the peer.
    [[nodiscard]] virtual bool peer_has_closed() const noexcept = 0;
    virtual void watch_peer(net::PeerWatch* watch) noexcept = 0;
};

}  // namespace outrigger::http1
