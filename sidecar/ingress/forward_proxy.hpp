// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <outrigger/resilience/pipeline_events.hpp>

#include "sidecar/ingress/outbound.hpp"
#include "sidecar/ingress/strangers.hpp"
#include "sidecar/route/destinations.hpp"

namespace outrigger::ingress {

// All workers read it; nothing in it changes.
struct ForwardProxySettings {
    route::Destinations upstreams;
    std::vector<std::string> names;   // of them
    bool passes_unknown = false;
    OutboundSettings others;                    // calls to hosts that are no upstream
    resilience::Observer* observer = nullptr;   // is told of what is turned away; null: nobody is
};

// The port that HTTP_PROXY names, on one worker: calls to upstreams by their own URLs, and tunnels to them. Decides
// whose a request is; that upstream's Outbound does the rest, as if the request had come to its own port.
//
// It cannot call itself for ever: what it sends on has a path as its target, and that is refused here.
class ForwardProxy final : public Service {
public:
    // `upstreams`: in the order of the settings'. All must outlive it.
    ForwardProxy(const ForwardProxySettings& settings, std::vector<Outbound*> upstreams, Strangers& strangers,
                 metrics::HttpClientRecorder& calls, middleware::ExchangeTelemetry& telemetry,
                 Journal& journal)
        : settings_{settings},
          upstreams_{std::move(upstreams)},
          strangers_{strangers},
          calls_{calls},
          telemetry_{telemetry},
          journal_{journal} {}

    [[nodiscard]] Task<void> answer(Incoming& incoming) override;
    [[nodiscard]] Task<void> refuse(Incoming& incoming, Fault fault) override;

private:
    [[nodiscard]] Task<void> connect(Incoming& incoming);
    [[nodiscard]] Task<void> answer_unknown(Incoming& incoming, const route::Authority& authority);
    // `sentence`: in the arena, or static.
    [[nodiscard]] Task<void> turn_away(Incoming& incoming, Reason reason, std::string_view sentence);
    [[nodiscard]] std::string known_instead_of(const route::Authority& authority) const;
    [[nodiscard]] std::string show(std::size_t upstream) const;

    const ForwardProxySettings& settings_;
    const std::vector<Outbound*> upstreams_;
    Strangers& strangers_;
    metrics::HttpClientRecorder& calls_;   // of what is turned away
    middleware::ExchangeTelemetry& telemetry_;
    Journal& journal_;
    proxy::ReplayBudget nothing_kept_;
};

}   // namespace outrigger::ingress
