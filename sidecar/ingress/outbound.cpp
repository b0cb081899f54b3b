// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/outbound.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "sidecar/ingress/ended.hpp"

namespace outrigger::ingress {

using proxy::Exchange;
using proxy::Reply;

Outbound::Matched Outbound::match(const http1::RequestHead& head) const noexcept {
    for (std::size_t i = 0; i < settings_.routes.size(); ++i) {
        const CallRoute& route = settings_.routes[i];
        if (!route.method.empty() && route.method != head.method) continue;
        if (route.path.match(head.path).id == route::Table::other.id) continue;
        return {route.limits, {static_cast<std::uint32_t>(i + 1), route.name}};
    }
    return {settings_.limits, route::Table::other};
}

Task<void> Outbound::answer(Incoming& incoming) {
    std::array<char, INET6_ADDRSTRLEN> ip;
    const proxy::Caller caller{incoming.peer.host(ip), incoming.peer.port()};
    const Matched matched = match(incoming.head);
    const metrics::ActiveRequest active = calls_.begin(metrics::http_method(incoming.head.method));
    Exchange exchange{incoming.worker, incoming.stream, incoming.head, incoming.arena,  matched.limits,
                      replay_budget_,  matched.route,   caller,        incoming.cancel};

    Reply reply = co_await proxy::conduct(exchange, cluster_);
    const std::optional<metrics::StreamKind> stream = stream_kind(exchange, reply);
    const metrics::ActiveStream streaming = stream ? telemetry_.stream_began(*stream) : metrics::ActiveStream{};
    const Duration idle = stream ? settings_.stream_idle : matched.limits.idle;
    ReplyWriter writer{exchange, reply, incoming.lifecycle, idle};
    if (!writer.at_once()) co_await writer.rest();
    if (!stream) blame(reply, writer.written(), incoming.worker.scheduler.now());   // a stream may fall silent
    const metrics::HttpRoute route{matched.route.id, matched.route.name};
    tell(ended(incoming, exchange, reply, writer.written(), route, stream), exchange.story, matched.limits.policies);
}

Task<void> Outbound::connect(Incoming& incoming) {
    using metrics::StreamKind;
    std::array<char, INET6_ADDRSTRLEN> ip;
    const proxy::Caller caller{incoming.peer.host(ip), incoming.peer.port()};
    const metrics::ActiveRequest active = calls_.begin(metrics::http_method(incoming.head.method));
    Exchange exchange{incoming.worker, incoming.stream,     incoming.head, incoming.arena,  settings_.limits,
                      replay_budget_,  route::Table::other, caller,        incoming.cancel};
    exchange.tunnels = true;

    Reply reply = co_await proxy::conduct(exchange, cluster_);
    const std::optional<StreamKind> stream = reply.local ? std::nullopt : std::optional{StreamKind::connect};
    const metrics::ActiveStream streaming = stream ? telemetry_.stream_began(*stream) : metrics::ActiveStream{};
    ReplyWriter writer{exchange, reply, incoming.lifecycle, stream ? settings_.stream_idle : settings_.limits.idle};
    if (stream)
        co_await writer.tunnel();
    else
        co_await writer.rest();
    const metrics::HttpRoute route{route::Table::other.id, route::Table::other.name};
    tell(ended(incoming, exchange, reply, writer.written(), route, stream), exchange.story, settings_.limits.policies);
}

void Outbound::tell(middleware::ExchangeEnded&& event, const proxy::Story& story,
                    const proxy::CallPolicies& policies) noexcept {
    event.upstream = settings_.name;
    // Without retries nobody counts.
    event.attempts = policies.only_limits() && !event.endpoint.empty() ? 1 : story.attempts;
    telemetry_.emit(event, calls_);
    journal_.note(event, story, policies);
}

Task<void> Outbound::refuse(Incoming& incoming, Fault fault) {
    middleware::ExchangeEnded event = co_await answer_refused(incoming, fault, settings_.limits.idle);
    event.upstream = settings_.name;
    telemetry_.emit(event, calls_);
}

// A body that was cut after its head had counted as a success: one failure more.
void Outbound::blame(Reply& reply, const Written& written, Instant now) noexcept {
    const bool cut = !reply.local && written.fault &&
                     resilience::assess(*written.fault).verdict == resilience::Verdict::failure;
    if (cut) reply.lease.body_was_cut(now);
}

}  // namespace outrigger::ingress
