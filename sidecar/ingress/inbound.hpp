// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/learned_routes.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>

#include "sidecar/ingress/journal.hpp"
#include "sidecar/ingress/response_writer.hpp"
#include "sidecar/ingress/service.hpp"
#include "sidecar/route/table.hpp"
#include "sidecar/upstream/cluster.hpp"

namespace outrigger::ingress {

struct InboundSettings {
    proxy::Limits limits;
    Duration stream_idle{};
    Bytes replay_request{};   // limits.replay.request
    Bytes replay_total{};     // this worker's share of limits.replay.total
};

// Others' calls to the app, on one worker: every request becomes an exchange, is conducted to a reply, and leaves one
// event behind.
class Inbound final : public Service {
public:
    Inbound(const InboundSettings& settings, const route::Table& routes, metrics::LearnedRoutes& learned,
            upstream::Cluster& app, middleware::ExchangeTelemetry& telemetry, Journal& journal) noexcept
        : settings_{settings},
          routes_{routes},
          learned_{learned},
          app_{app},
          telemetry_{telemetry},
          journal_{journal},
          replay_budget_{settings.replay_request, settings.replay_total} {}

    [[nodiscard]] Task<void> answer(Incoming& incoming) override;
    [[nodiscard]] bool relays_http2() const noexcept override { return true; }
    [[nodiscard]] Task<void> refuse(Incoming& incoming, Fault fault) override;

private:
    [[nodiscard]] Task<void> relay_http2(Incoming& incoming);
    [[nodiscard]] metrics::HttpRoute route_of(const proxy::Exchange& exchange, const Written& written) const noexcept;

    const InboundSettings& settings_;
    const route::Table& routes_;
    metrics::LearnedRoutes& learned_;   // of paths that no declared route matches; all workers'
    upstream::Cluster& app_;
    middleware::ExchangeTelemetry& telemetry_;
    Journal& journal_;   // all workers'
    proxy::ReplayBudget replay_budget_;
};

}  // namespace outrigger::ingress
