// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <outrigger/metrics/http_client.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>

#include "sidecar/ingress/journal.hpp"
#include "sidecar/ingress/response_writer.hpp"
#include "sidecar/ingress/service.hpp"
#include "sidecar/route/table.hpp"
#include "sidecar/upstream/cluster.hpp"

namespace outrigger::ingress {

// Calls that have something for themselves.
struct CallRoute {
    std::string method;      // empty: any
    std::string name;        // the template, as written
    route::Table path;       // of that template alone
    proxy::Limits limits;
};

// What holds for the app's calls to one upstream. All workers read it; nothing in it changes.
struct OutboundSettings {
    std::string name;                 // of the upstream
    proxy::Limits limits;             // of calls that no route matches
    std::vector<CallRoute> routes;    // the first that matches wins
    Duration stream_idle{};
    Bytes replay_request{};           // limits.replay.request
    Bytes replay_total{};             // this worker's share of limits.replay.total
};

// The app's calls to one upstream, on one worker: every request becomes an exchange with that upstream's policies.
class Outbound final : public Service {
public:
    Outbound(const OutboundSettings& settings, upstream::Cluster& cluster, metrics::HttpClientRecorder& calls,
             middleware::ExchangeTelemetry& telemetry, Journal& journal) noexcept
        : settings_{settings},
          cluster_{cluster},
          calls_{calls},
          telemetry_{telemetry},
          journal_{journal},
          replay_budget_{settings.replay_request, settings.replay_total} {}

    [[nodiscard]] Task<void> answer(Incoming& incoming) override;
    // CONNECT: the same policies, but for the routes', and a tunnel to the endpoint.
    [[nodiscard]] Task<void> connect(Incoming& incoming);
    [[nodiscard]] Task<void> refuse(Incoming& incoming, Fault fault) override;

private:
    struct Matched {
        const proxy::Limits& limits;
        route::Route route;
    };
    [[nodiscard]] Matched match(const http1::RequestHead& head) const noexcept;
    void tell(middleware::ExchangeEnded&& event, const proxy::Story& story,
              const proxy::CallPolicies& policies) noexcept;
    static void blame(proxy::Reply& reply, const Written& written, Instant now) noexcept;

    const OutboundSettings& settings_;
    upstream::Cluster& cluster_;
    metrics::HttpClientRecorder& calls_;
    middleware::ExchangeTelemetry& telemetry_;
    Journal& journal_;   // all workers'
    proxy::ReplayBudget replay_budget_;
};

}  // namespace outrigger::ingress
