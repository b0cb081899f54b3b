// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/response_writer.hpp"

#include "sidecar/http1/parser.hpp"
#include "sidecar/proxy/relay.hpp"
#include "sidecar/proxy/tunnel.hpp"
#include "sidecar/proxy/waited.hpp"

namespace outrigger::ingress {
namespace {

using proxy::Exchange;
using proxy::RelayEnd;

bool is_event_stream(const http1::ResponseHead& head) noexcept {
    constexpr std::string_view type = "text/event-stream";
    const std::string_view found = head.content_type;
    const bool whole_word = found.size() == type.size() || (found.size() > type.size() && found[type.size()] <= ';');
    return whole_word && http1::same_name(found.substr(0, type.size()), type) &&
           head.body.framing != http1::Framing::none;
}

// A reply to CONNECT ends with its head and has no framing; what follows is the tunnel's (RFC 9110, section 9.3.6).
constexpr std::string_view established = "HTTP/1.1 200 Connection established\r\n\r\n";

// A caller that waits for 100 Continue and got a final reply sends nothing more.
bool body_never_began(const Exchange& exchange) noexcept {
    return exchange.request().expects_continue && !exchange.said_continue && exchange.request_body.bytes == 0;
}

// Gives the upload up once the endpoint has gone.
struct EndpointGone final : net::PeerWatch {
    explicit EndpointGone(Exchange& stopped) noexcept : exchange{stopped} {}
    void peer_closed() noexcept override { exchange.stop_upload(); }
    Exchange& exchange;
};

// A caller that has its reply and goes may have sent everything already: what came is still passed on. But if the
// endpoint takes nothing any more, nobody is left to wait for.
struct CallerGone final : net::PeerWatch {
    CallerGone(Exchange& stopped, const http1::HttpClientStream& to) noexcept : exchange{stopped}, upstream{to} {}
    void peer_closed() noexcept override {
        if (upstream.congested()) exchange.stop_upload();
    }
    Exchange& exchange;
    const http1::HttpClientStream& upstream;
};

}  // namespace

std::optional<metrics::StreamKind> stream_kind(Exchange& exchange, const proxy::Reply& reply) noexcept {
    if (reply.local) return std::nullopt;
    if (exchange.reply_head().status == 101) return metrics::StreamKind::upgrade;
    if (is_event_stream(exchange.reply_head())) return metrics::StreamKind::event_stream;
    return std::nullopt;
}

ReplyWriter::ReplyWriter(Exchange& exchange, proxy::Reply& reply, const Lifecycle& lifecycle, Duration idle)
    : exchange_{exchange}, reply_{reply}, idle_{idle} {
    written_.head_at = exchange.worker().scheduler.now();
    if (lifecycle.draining) exchange.downstream().close_after_reply();
    if (reply.local) {
        written_.status = facts(reply.local->fault.reason).status;
        written_.fault = reply.local->fault;
        written_.detail = reply.local->detail;
    } else {
        written_.status = exchange.reply_head().status;
    }
}

bool ReplyWriter::at_once() {
    if (reply_.local || written_.status == 101) return false;
    begin_endpoints();
    end_ = relay_->at_once();
    if (!end_ || exchange_.upload().running()) return false;
    end_endpoints(*end_);
    explain();
    return true;
}

Task<void> ReplyWriter::rest() {
    if (reply_.local) {
        co_await write_own();
        co_return;
    }
    if (written_.status == 101) {
        co_await write_upgrade();
    } else {
        if (!end_) end_ = co_await relay_->rest();
        end_endpoints(*end_);
        if (exchange_.upload().running()) co_await finish_upload();
    }
    explain();
}

void ReplyWriter::explain() {
    if (written_.fault) written_.detail = proxy::explain(*written_.fault, reply_.endpoint, exchange_.arena());
}

// An early reply: the request may still be on its way, and the endpoint may still want it.
Task<void> ReplyWriter::finish_upload() {
    EndpointGone endpoint_gone{exchange_};
    CallerGone caller_gone{exchange_, upstream()};
    upstream().watch_peer(&endpoint_gone);
    exchange_.downstream().watch_caller(&caller_gone);
    {
        const proxy::Waited waited{exchange_.worker().scheduler, exchange_.waited};
        co_await exchange_.upload().join();
    }
    upstream().watch_peer(nullptr);
    exchange_.downstream().watch_caller(nullptr);
}

Task<void> ReplyWriter::write_own() {
    http1::HttpServerStream& downstream = exchange_.downstream();
    if (reply_.local->fault.reason == Reason::caller_left) {
        downstream.reset();
        co_return;
    }
    // What follows CONNECT was meant for its tunnel: it must not be taken for a request (RFC 9931).
    if (!exchange_.request_whole() || exchange_.request().method == "CONNECT") downstream.close_after_reply();
    exchange_.reply_body.bytes =
        proxy::write_local_reply(*reply_.local, downstream, exchange_.arena(), exchange_.request().method == "HEAD");
    Result<void> pushed = downstream.push();
    const Wait wait{after(exchange_.worker().scheduler.now(), exchange_.limits().idle), &exchange_.connection_cancel()};
    if (pushed && downstream.congested()) {
        const proxy::Waited waited{exchange_.worker().scheduler, exchange_.waited};
        pushed = co_await downstream.drained(wait);
    }
    if (pushed) co_return;
    written_.fault = Fault{Reason::caller_left, "closed, or stopped reading, before the answer was sent"};
    written_.detail = proxy::explain(*written_.fault, {}, exchange_.arena());
    downstream.reset();   // no other reply may follow half of this one
}

void ReplyWriter::begin_endpoints() {
    http1::HttpServerStream& downstream = exchange_.downstream();
    if (body_never_began(exchange_)) {
        exchange_.stop_upload();
        downstream.close_after_reply();   // where the next request begins nobody can tell
    }
    downstream.write_head(exchange_.reply_head(), exchange_.arena());
    relay_.emplace(upstream(), downstream, exchange_.worker(), proxy::RelayLimits{idle_, Bytes{}}, exchange_.cancel(),
                   exchange_.reply_body);
}

void ReplyWriter::end_endpoints(const RelayEnd& end) {
    http1::HttpServerStream& downstream = exchange_.downstream();
    switch (end.side) {
        case RelayEnd::Side::complete: return;
        case RelayEnd::Side::source:
            written_.fault = end.fault;
            downstream.reset();   // the caller must not take half a body for a whole one
            break;
        case RelayEnd::Side::sink:
            written_.fault = Fault{Reason::caller_left, "closed before the answer was whole", end.fault.os_error};
            downstream.reset();
            break;
    }
    upstream().reset();
    exchange_.stop_upload();
}

// The app has agreed to the caller's upgrade: from the end of this head on it is their protocol.
Task<void> ReplyWriter::write_upgrade() {
    http1::HttpServerStream& downstream = exchange_.downstream();
    downstream.write_head(exchange_.reply_head(), exchange_.arena());
    Result<void> pushed = downstream.push();   // nobody else may speak for a while
    if (!pushed) exchange_.stop_upload();
    if (exchange_.upload().running()) co_await finish_upload();
    exchange_.become_tunnel();
    co_await carry(pushed);
}

Task<void> ReplyWriter::tunnel() {
    exchange_.become_tunnel();
    exchange_.downstream().write_body(established);
    const Result<void> pushed = exchange_.downstream().push();
    co_await carry(pushed);
    explain();
}

// `pushed`: whether the caller could be told that the tunnel stands.
Task<void> ReplyWriter::carry(Result<void> pushed) {
    upstream().become_tunnel();
    proxy::Tunnelled tunnelled;
    if (pushed)
        co_await proxy::tunnel(exchange_.downstream(), upstream(), exchange_.worker(), {idle_, exchange_.limits().idle},
                               exchange_.cancel(), tunnelled);
    else
        tunnelled.fault = Fault{Reason::caller_left, "closed before the answer was whole", pushed.error().os_error};
    exchange_.request_body.bytes += tunnelled.from_caller;
    exchange_.reply_body.bytes += tunnelled.to_caller;
    written_.fault = tunnelled.fault;
}

}  // namespace outrigger::ingress
