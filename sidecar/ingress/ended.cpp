// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/ended.hpp"

#include <array>

#include <outrigger/middleware/trace_parent.hpp>

#include "sidecar/route/table.hpp"

namespace outrigger::ingress {
namespace {

std::string_view version_text(http1::Version version) noexcept {
    switch (version) {
        case http1::Version::http10: return "1.0";
        case http1::Version::http11: return "1.1";
        case http1::Version::http2: return "2";
    }
    return "1.1";
}

}  // namespace

middleware::ExchangeEnded ended(const Incoming& incoming, const proxy::Exchange& exchange, const proxy::Reply& reply,
                                const Written& written, metrics::HttpRoute route,
                                std::optional<metrics::StreamKind> stream) noexcept {
    const http1::RequestHead& head = exchange.request();
    const Instant now = incoming.worker.scheduler.clock().now();
    const Duration waited = exchange.waited + exchange.reply_body.waited;
    std::optional<Duration> overhead;
    if (!stream) overhead = now - exchange.arrived() - waited;
    return {.method = head.method,
            .path = head.path,
            .route = route,
            .status = written.status,
            .reason = written.fault ? std::optional{written.fault->reason} : std::nullopt,
            .detail = written.detail,
            .request_id = exchange.request_id(),
            .trace_id = exchange.trace().trace_id(),
            .span_id = exchange.trace().span_id(),
            .parent_span_id = exchange.trace().parent_span_id(),
            .client_ip = exchange.caller().ip,
            .client_port = exchange.caller().port,
            .user_agent = head.user_agent,
            .host = head.host,
            .http_version = version_text(head.version),
            .endpoint = reply.endpoint,
            .request_body = Bytes{exchange.request_body.bytes},
            .response_body = Bytes{exchange.reply_body.bytes},
            .started = incoming.arrived,
            .duration = (stream ? written.head_at : now) - exchange.arrived(),
            .overhead = overhead,
            .stream = stream,
            .stream_duration = now - written.head_at};
}

Task<middleware::ExchangeEnded> answer_refused(Incoming& incoming, Fault fault, Duration idle) {
    const Instant began = incoming.worker.scheduler.now();
    const auto id = middleware::random_id(incoming.worker.rng);
    const std::string_view request_id = incoming.arena.copy({id.data(), id.size()});
    const proxy::LocalReply reply{fault, proxy::explain(fault, {}, incoming.arena), request_id};
    incoming.stream.close_after_reply();
    const std::uint64_t body = proxy::write_local_reply(reply, incoming.stream, incoming.arena, false);
    Result<void> pushed = incoming.stream.push();
    if (pushed) pushed = co_await incoming.stream.drained(Wait{after(began, idle), &incoming.cancel});
    std::array<char, INET6_ADDRSTRLEN> ip;
    middleware::ExchangeEnded event;
    event.route = {route::Table::other.id, route::Table::other.name};
    event.status = facts(fault.reason).status;
    event.reason = fault.reason;
    event.detail = reply.detail;
    event.request_id = request_id;
    event.client_ip = incoming.arena.copy(incoming.peer.host(ip));
    event.client_port = incoming.peer.port();
    event.response_body = Bytes{body};
    event.started = incoming.arrived;
    event.duration = incoming.worker.scheduler.now() - began;
    co_return event;
}

}  // namespace outrigger::ingress
