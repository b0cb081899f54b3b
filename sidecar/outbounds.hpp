// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/metrics/http_client.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/operational_log.hpp>
#include <outrigger/middleware/policy_telemetry.hpp>

#include "sidecar/config/settings.hpp"
#include "sidecar/ingress/forward_proxy.hpp"
#include "sidecar/ingress/outbound.hpp"
#include "sidecar/net/dns_resolver.hpp"
#include "sidecar/net/fd.hpp"
#include "sidecar/net/loop.hpp"
#include "sidecar/upstream/discovery.hpp"
#include "sidecar/upstream/summary.hpp"
#include "sidecar/upstream/upstream.hpp"

namespace outrigger::sidecar {

// Each limit is off until it is written; their keys share one `shadow`.
void set_limits(const std::optional<config::Limit>& limit, proxy::UpstreamPolicies::Settings& policies);

// What one worker needs for the app's calls to one upstream.
struct WorkerUpstream {
    upstream::Upstream& shared;
    const ingress::OutboundSettings& calls;
    metrics::HttpClientRecorder& recorder;
    std::optional<net::Fd> listening;   // nothing: only the forward proxy reaches it
};
// The same for the forward proxy.
struct WorkerProxy {
    const ingress::ForwardProxySettings& settings;
    metrics::HttpClientRecorder& recorder;
    net::Fd listening;
};
struct WorkerOutbound {
    std::vector<WorkerUpstream> upstreams;
    std::optional<WorkerProxy> proxy;   // nothing: it is off
};

// The app's calls to others: what all workers share of every upstream, in the order of the configuration. It must
// outlive the workers.
class Outbounds {
public:
    // Opens the ports, `workers` sockets each, and shows the upstreams in the metrics. Throws StartError.
    Outbounds(const config::Settings& settings, std::size_t workers, metrics::Registry& registry,
              const middleware::OperationalLog& log, const Clock& clock);
    ~Outbounds();
    Outbounds(const Outbounds&) = delete;
    Outbounds& operator=(const Outbounds&) = delete;

    [[nodiscard]] std::size_t size() const noexcept;
    // For the next worker; as often as there are workers.
    [[nodiscard]] WorkerOutbound for_worker();

    // Looks the names up, again and again, until `stop`; `names` does, or null: the machine's resolver. `publish` is
    // called on the loop's thread with every new list of the n-th upstream's endpoints.
    using Publish = std::function<void(std::size_t, const std::shared_ptr<const upstream::EndpointList>&)>;
    void discover(net::Loop& loop, net::Resolver* names, TaskGroup& tasks, Cancel& stop, const Publish& publish);

    // For whoever watches this upstream, which is one of the configuration. `changed` is called from any thread when its
    // circuit has changed, an endpoint was ejected or others are its endpoints. Before the workers start.
    [[nodiscard]] upstream::Upstream& watch(std::string_view upstream, std::function<void()> changed);

    // "users at 127.0.0.1:9001, all by their URLs through the proxy at 127.0.0.1:9003"; empty: there are none.
    [[nodiscard]] std::string addresses() const;
    // Where the app calls this one; empty: there is none.
    [[nodiscard]] std::string address(std::string_view upstream) const;
    // The state of each, as JSON.
    [[nodiscard]] std::string json(Instant now) const;
    // What the metrics say of each.
    [[nodiscard]] std::vector<upstream::Summary> summaries(Instant now) const;

private:
    class One;
    class Proxy;       // for HTTP_PROXY
    class Endpoints;   // in the metrics
    class Names;       // and their look-ups, in the log
    class Watched;     // by others

    metrics::HttpClientInstruments instruments_;
    metrics::Registry registry_;   // what is told of upstreams, and nothing else
    middleware::PolicyTelemetry telemetry_;
    const middleware::OperationalLog& log_;
    const Clock& clock_;
    std::deque<One> all_;
    std::unique_ptr<Proxy> proxy_;
    std::optional<net::DnsResolver> resolver_;
    std::deque<upstream::Discovery> discoveries_;
};

}  // namespace outrigger::sidecar
