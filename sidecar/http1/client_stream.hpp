// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/http1/inbox.hpp"
#include "sidecar/http1/outbox.hpp"

namespace outrigger::http1 {

// HTTP/1.1 towards an endpoint: a connection that carries one exchange after the other.
class ClientStream final : public HttpClientStream {
public:
    ClientStream(std::unique_ptr<net::Stream> stream, net::PagePool& pages, const HeadLimits& limits) noexcept
        : stream_{std::move(stream)}, inbox_{*stream_, pages, Inbox::Behind::in_arena}, outbox_{*stream_}, limits_{limits} {}

    void write_head(const RequestHead& head, net::Arena& arena) override;
    [[nodiscard]] std::optional<Result<void>> try_head(ResponseHead& head, net::Arena& arena,
                                                       net::Scratch& scratch) override;
    [[nodiscard]] bool reply_begun() const noexcept override { return reply_begun_; }
    [[nodiscard]] bool request_unseen() const noexcept override;
    [[nodiscard]] bool reusable() const noexcept override;
    [[nodiscard]] std::optional<Duration> idle_promise() const noexcept override { return idle_promise_; }
    [[nodiscard]] bool peer_has_closed() const noexcept override { return stream_->peer_has_closed(); }
    void watch_peer(net::PeerWatch* watch) noexcept override { stream_->watch_peer(watch); }

    [[nodiscard]] BodyProgress pump_body(net::Scratch& scratch, BodySink& sink) noexcept override;
    [[nodiscard]] Gate& readable() noexcept override { return stream_->readable(); }
    void write_body(std::string_view payload) noexcept override;
    void end_body(std::string_view trailers) noexcept override;
    [[nodiscard]] std::string_view trailers() const noexcept override { return inbox_.trailers(); }
    void become_tunnel() noexcept override;
    [[nodiscard]] Result<void> push() noexcept override { return outbox_.push(); }
    [[nodiscard]] bool congested() const noexcept override { return outbox_.congested(); }
    [[nodiscard]] Task<Result<void>> drained(Wait wait) override { return outbox_.drained(wait); }
    void reset() noexcept override;

private:
    void note_promise(std::string_view value) noexcept;
    [[nodiscard]] Result<void> parse(std::string_view bytes, ResponseHead& head) noexcept;

    std::unique_ptr<net::Stream> stream_;
    Inbox inbox_;
    Outbox outbox_;
    const HeadLimits& limits_;
    BodyDecoder reply_{BodyPlan{Framing::until_close}};
    Framing request_framing_ = Framing::none;
    bool to_head_request_ = false;
    bool keep_alive_ = true;
    bool request_ended_ = false;
    bool reply_begun_ = false;
    bool reply_ended_ = false;
    bool tunnel_ = false;
    bool closed_in_order_ = false;
    std::optional<Duration> idle_promise_;
    std::size_t sound_ = 0;   // so many bytes of a partial head were looked at and found well
    // Where the connection stood before this request; what the peer has acknowledged only where that is asked for.
    std::uint64_t sent_before_ = 0;
    std::optional<std::uint64_t> acknowledged_before_;
};

}  // namespace outrigger::http1
