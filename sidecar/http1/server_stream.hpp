// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/http1/inbox.hpp"
#include "sidecar/http1/outbox.hpp"

namespace outrigger::http1 {

// HTTP/1.x towards a caller: one exchange. The connection's inbox outlives it, since it may hold the next request.
class ServerStream final : public HttpServerStream {
public:
    // Whether an HTTP/2 preface is a head like any other (a RequestHead with Version::http2, and a tunnel from then on)
    // or is refused.
    // (`begun`: its first part has come. Never given from outside.)
    enum class Preface : std::uint8_t { refused, relayed, begun };
    ServerStream(net::Stream& stream, Inbox& inbox, const HeadLimits& limits, Preface preface = Preface::refused) noexcept
        : stream_{stream}, inbox_{inbox}, outbox_{stream}, limits_{limits}, preface_{preface} {}

    // What is there of the head, without waiting: mostly that is all. Nothing: read_head() has to be awaited.
    [[nodiscard]] std::optional<Result<void>> try_head(RequestHead& head, net::Arena& arena, net::Scratch& scratch);
    [[nodiscard]] Task<Result<void>> read_head(RequestHead& head, net::Arena& arena, net::Scratch& scratch,
                                               Wait wait) override;
    void write_head(const ResponseHead& head, net::Arena& arena) override;
    void write_interim(const ResponseHead& head, net::Arena& arena) override;
    void close_after_reply() noexcept override { keep_alive_ = false; }
    void watch_caller(net::PeerWatch* watch) noexcept override { stream_.watch_peer(watch); }
    [[nodiscard]] bool reply_begun() const noexcept override { return reply_begun_; }

    [[nodiscard]] BodyProgress pump_body(net::Scratch& scratch, BodySink& sink) noexcept override;
    [[nodiscard]] Gate& readable() noexcept override { return stream_.readable(); }
    void write_body(std::string_view payload) noexcept override;
    void end_body(std::string_view trailers) noexcept override;
    [[nodiscard]] std::string_view trailers() const noexcept override { return inbox_.trailers(); }
    void become_tunnel() noexcept override;
    [[nodiscard]] Result<void> push() noexcept override {
        return outbox_.push(keep_alive_ && request_.done() ? Outbox::Leaves::soon : Outbox::Leaves::now);
    }
    [[nodiscard]] bool congested() const noexcept override { return outbox_.congested(); }
    [[nodiscard]] Task<Result<void>> drained(Wait wait) override { return outbox_.drained(wait); }
    void reset() noexcept override;

    // After the exchange: another request may come on this connection.
    [[nodiscard]] bool keeps_alive() const noexcept { return keep_alive_ && reply_ended_ && request_.done(); }
    // The connection must be cut, not closed in order: the reply was not finished.
    [[nodiscard]] bool was_reset() const noexcept { return reset_; }
    // The caller may still be sending: close only after it had time to read the reply.
    [[nodiscard]] bool request_unread() const noexcept { return !request_.done(); }

private:
    [[nodiscard]] Result<void> parse(const Inbox::HeadStep& step, RequestHead& head);
    [[nodiscard]] Result<void> parse_whole(std::string_view bytes, RequestHead& head) noexcept;
    [[nodiscard]] Result<void> check_partial() noexcept;
    [[nodiscard]] std::optional<Result<void>> try_preface(net::Scratch& scratch);

    net::Stream& stream_;
    Inbox& inbox_;
    Outbox outbox_;
    const HeadLimits& limits_;
    Preface preface_;
    BodyDecoder request_{BodyPlan{Framing::until_close}};   // until a head was read: not done
    Version caller_version_ = Version::http11;
    Framing reply_framing_ = Framing::none;
    std::size_t sound_ = 0;   // so many bytes of a partial head were looked at and found well
    bool keep_alive_ = false;
    bool reply_begun_ = false;
    bool reply_ended_ = false;
    bool reset_ = false;
    bool tunnel_ = false;
};

}  // namespace outrigger::http1
