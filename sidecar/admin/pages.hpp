// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/health/registry.hpp>
#include <outrigger/metrics/http_server.hpp>

#include "sidecar/admin/checks.hpp"
#include "sidecar/admin/drain_state.hpp"
#include "sidecar/admin/scraper.hpp"
#include "sidecar/ingress/journal.hpp"
#include "sidecar/ingress/service.hpp"
#include "sidecar/upstream/summary.hpp"

namespace outrigger::admin {

// What the admin address answers from.
struct Sources {
    const health::Registry& health;
    const Heartbeats& heartbeats;
    Scraper& scraper;
    const metrics::HttpServerInstruments& traffic;
    std::string service;
    std::string version;
    Instant started{};
    std::string config_json;     // the effective configuration, secrets hidden
    bool exposed = false;        // other hosts may see all pages
    std::string token;           // a bearer token that allows it; empty: none
    Duration idle{};             // how long a slow reader may take
    std::function<std::string()> spool_json;
    std::function<std::string()> upstreams_json;
    std::function<std::vector<upstream::Summary>()> upstreams;
    const ingress::Journal& journal;
    std::function<void(bool then_end)> drain;   // POST /drain, POST /quit
    std::function<DrainState()> drain_state;
};

// Probes, metrics and the API. On its own loop, so that neither traffic nor a slow scraper delays a probe.
class Pages final : public ingress::Service {
public:
    explicit Pages(Sources sources) : sources_{std::move(sources)} {}

    [[nodiscard]] Task<void> answer(ingress::Incoming& incoming) override;
    [[nodiscard]] Task<void> refuse(ingress::Incoming& incoming, Fault fault) override;

private:
    struct Page;
    [[nodiscard]] Page page(const ingress::Incoming& incoming) const;
    [[nodiscard]] Page front(Instant now) const;
    [[nodiscard]] bool may_see_all(const ingress::Incoming& incoming) const noexcept;
    [[nodiscard]] Task<void> scrape(const ingress::Incoming& incoming, Page& page) const;
    [[nodiscard]] Task<void> send(ingress::Incoming& incoming, Page page) const;
    [[nodiscard]] Task<Result<void>> send_body(ingress::Incoming& incoming, std::string_view body) const;

    Sources sources_;
};

}  // namespace outrigger::admin
