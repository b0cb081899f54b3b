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
    for (const http1::Field& field : head.fields.all())
        if (field.known == http1::FieldName::content_type)
            return http1::same_name(field.value.substr(0, type.size()), type);
    return false;
}

// A caller that waits for 100 Continue and got a final reply sends nothing more.
bool body_never_began(const Exchange& exchange) noexcept {
    return exchange.request().expects_continue && exchange.request_body.bytes == 0;
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

// An early reply: the request may still be on its way, and the endpoint may still want it.
Task<void> finish_upload(Exchange& exchange, http1::HttpClientStream& upstream) {
    EndpointGone endpoint_gone{exchange};
    CallerGone caller_gone{exchange, upstream};
    upstream.watch_peer(&endpoint_gone);
    exchange.downstream().watch_caller(&caller_gone);
    {
        const proxy::Waited waited{exchange.worker().scheduler, exchange.waited};
        co_await exchange.upload().join();
    }
    upstream.watch_peer(nullptr);
    exchange.downstream().watch_caller(nullptr);
}

Task<void> write_own(Exchange& exchange, const proxy::LocalReply& reply, Written& written) {
    http1::HttpServerStream& downstream = exchange.downstream();
    if (reply.fault.reason == Reason::caller_left) {
        downstream.reset();
        co_return;
    }
    if (!exchange.request_whole()) downstream.close_after_reply();
    exchange.reply_body.bytes =
        proxy::write_local_reply(reply, downstream, exchange.arena(), exchange.request().method == "HEAD");
    Result<void> pushed = downstream.push();
    const Wait wait{after(exchange.worker().scheduler.now(), exchange.limits().idle), &exchange.connection_cancel()};
    if (pushed && downstream.congested()) {
        const proxy::Waited waited{exchange.worker().scheduler, exchange.waited};
        pushed = co_await downstream.drained(wait);
    }
    if (pushed) co_return;
    written.fault = Fault{Reason::caller_left, "closed, or stopped reading, before the answer was sent"};
    written.detail = proxy::explain(*written.fault, {}, exchange.arena());
    downstream.reset();   // no other reply may follow half of this one
}

void begin_endpoints(Exchange& exchange) {
    http1::HttpServerStream& downstream = exchange.downstream();
    if (body_never_began(exchange)) {
        exchange.stop_upload();
        downstream.close_after_reply();   // where the next request begins nobody can tell
    }
    downstream.write_head(exchange.reply_head(), exchange.arena());
}

void end_endpoints(Exchange& exchange, http1::HttpClientStream& upstream, const RelayEnd& end, Written& written) {
    http1::HttpServerStream& downstream = exchange.downstream();
    switch (end.side) {
        case RelayEnd::Side::complete: break;
        case RelayEnd::Side::source:
            written.fault = end.fault;
            downstream.reset();   // the caller must not take half a body for a whole one
            break;
        case RelayEnd::Side::sink:
            written.fault = Fault{Reason::caller_left, "closed before the answer was whole", end.fault.os_error};
            downstream.reset();
            break;
    }
    if (end.side != RelayEnd::Side::complete) {
        upstream.reset();
        exchange.stop_upload();
    }
}

// The app has agreed to the caller's upgrade: from the end of this head on it is their protocol.
Task<void> write_upgrade(Exchange& exchange, http1::HttpClientStream& upstream, Duration idle, Written& written) {
    http1::HttpServerStream& downstream = exchange.downstream();
    downstream.write_head(exchange.reply_head(), exchange.arena());
    Result<void> pushed = downstream.push();   // nobody else may speak for a while
    if (!pushed) exchange.stop_upload();
    co_await exchange.upload().join();
    exchange.become_tunnel();
    upstream.become_tunnel();
    proxy::Tunnelled tunnelled;
    if (pushed)
        co_await proxy::tunnel(downstream, upstream, exchange.worker(), {idle, exchange.limits().idle}, exchange.cancel(),
                               tunnelled);
    else
        tunnelled.fault = Fault{Reason::caller_left, "closed before the answer was whole", pushed.error().os_error};
    exchange.request_body.bytes += tunnelled.from_caller;
    exchange.reply_body.bytes += tunnelled.to_caller;
    written.fault = tunnelled.fault;
}

}  // namespace

std::optional<metrics::StreamKind> stream_kind(Exchange& exchange, const proxy::Reply& reply) noexcept {
    if (reply.local) return std::nullopt;
    if (exchange.reply_head().status == 101) return metrics::StreamKind::upgrade;
    if (is_event_stream(exchange.reply_head())) return metrics::StreamKind::event_stream;
    return std::nullopt;
}

Task<Written> write_reply(Exchange& exchange, proxy::Reply& reply, const Lifecycle& lifecycle, Duration idle) {
    Written written;
    written.head_at = exchange.worker().scheduler.now();
    if (lifecycle.draining) exchange.downstream().close_after_reply();
    if (reply.local) {
        written.status = facts(reply.local->fault.reason).status;
        written.fault = reply.local->fault;
        written.detail = reply.local->detail;
        co_await write_own(exchange, *reply.local, written);
        co_return written;
    }
    written.status = exchange.reply_head().status;
    if (written.status == 101) {
        co_await write_upgrade(exchange, reply.lease.stream(), idle, written);
    } else {
        http1::HttpClientStream& upstream = reply.lease.stream();
        begin_endpoints(exchange);
        proxy::BodyRelay relay{upstream,           exchange.downstream(), exchange.worker(), {idle, Bytes{}},
                               exchange.cancel(), exchange.reply_body};
        std::optional<RelayEnd> end = relay.at_once();
        if (!end) end = co_await relay.rest();
        end_endpoints(exchange, upstream, *end, written);
        if (exchange.upload().running()) co_await finish_upload(exchange, upstream);
    }
    if (written.fault) written.detail = proxy::explain(*written.fault, reply.endpoint, exchange.arena());
    co_return written;
}

}  // namespace outrigger::ingress
