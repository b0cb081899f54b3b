// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/inbound.hpp"

#include <array>

#include "sidecar/ingress/ended.hpp"
#include "sidecar/proxy/tunnel.hpp"

namespace outrigger::ingress {

using proxy::Exchange;
using proxy::Reply;

Task<void> Inbound::answer(Incoming& incoming) {
    if (incoming.head.version == http1::Version::http2) {
        co_await relay_http2(incoming);
        co_return;
    }
    std::array<char, INET6_ADDRSTRLEN> ip;
    const proxy::Caller caller{incoming.peer.host(ip), incoming.peer.port()};
    const route::Route route = routes_.match(incoming.head.path);
    const metrics::ActiveRequest active = telemetry_.begin(incoming.head.method);
    Exchange exchange{incoming.worker,  incoming.stream, incoming.head, incoming.arena,  settings_.limits,
                      replay_budget_, route,           caller,        incoming.cancel};

    Reply reply = co_await proxy::conduct(exchange, app_);
    const std::optional<metrics::StreamKind> stream = stream_kind(exchange, reply);
    const metrics::ActiveStream streaming = stream ? telemetry_.stream_began(*stream) : metrics::ActiveStream{};
    const Duration idle = stream ? settings_.stream_idle : settings_.limits.idle;
    ReplyWriter writer{exchange, reply, incoming.lifecycle, idle};
    if (!writer.at_once()) co_await writer.rest();
    const metrics::HttpRoute shown = route_of(exchange, writer.written());
    const middleware::ExchangeEnded event = ended(incoming, exchange, reply, writer.written(), shown, stream);
    telemetry_.emit(event);
    journal_.note(event, exchange.story, settings_.limits.policies);
}

// HTTP/2 with prior knowledge: not understood yet, so it is carried as it is to an app that does.
Task<void> Inbound::relay_http2(Incoming& incoming) {
    net::Worker& worker = incoming.worker;
    const Instant began = worker.scheduler.now();
    const metrics::ActiveStream streaming = telemetry_.stream_began(metrics::StreamKind::http2);
    proxy::Tunnelled tunnelled;
    const Wait connecting{after(began, settings_.limits.timeout), &incoming.cancel, Reason::timeout};
    resilience::Slot slot;   // one for the connection: what it carries we do not see
    Result<upstream::Lease> lease = upstream::Lease{};
    if (settings_.limits.policies.slots) {
        Result<resilience::Slot> entered = co_await settings_.limits.policies.slots->enter(worker.scheduler, connecting);
        if (entered)
            slot = std::move(*entered);
        else
            lease = entered.error();
    }
    if (lease) lease = co_await app_.pick(upstream::Cluster::Reuse::never, connecting);
    if (lease) {
        http1::HttpClientStream& endpoint = lease->stream();
        endpoint.become_tunnel();
        endpoint.write_body(http1::http2_preface);
        co_await proxy::tunnel(incoming.stream, endpoint, worker, {settings_.stream_idle, settings_.limits.idle},
                               incoming.cancel, tunnelled);
    } else {
        tunnelled.fault = lease.error();
        incoming.stream.reset();   // nothing that we could say would be HTTP/2
    }
    std::array<char, INET6_ADDRSTRLEN> ip;
    middleware::TunnelEnded ended{.client_ip = incoming.peer.host(ip),
                                  .client_port = incoming.peer.port(),
                                  .endpoint = app_.endpoint(),
                                  .made = lease.has_value(),
                                  .received = Bytes{tunnelled.from_caller},
                                  .sent = Bytes{tunnelled.to_caller},
                                  .started = incoming.arrived,
                                  .duration = worker.scheduler.now() - began};
    if (tunnelled.fault) {
        ended.reason = tunnelled.fault->reason;
        ended.detail = proxy::explain(*tunnelled.fault, app_.endpoint(), incoming.arena);
    }
    telemetry_.emit(ended);
}

Task<void> Inbound::refuse(Incoming& incoming, Fault fault) {
    const middleware::ExchangeEnded event = co_await answer_refused(incoming, fault, settings_.limits.idle);
    telemetry_.emit(event);
}

// Declared; else learned, from what the app itself answered: only then is it known whether there is such a route.
metrics::HttpRoute Inbound::route_of(const Exchange& exchange, const Written& written) const noexcept {
    const route::Route& declared = exchange.route();
    if (declared.id != route::Table::other.id) return {declared.id, declared.name};
    return learned_.answered(exchange.request().path, written.fault ? 0 : written.status);
}

}  // namespace outrigger::ingress
