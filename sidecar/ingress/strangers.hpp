// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "sidecar/ingress/outbound.hpp"
#include "sidecar/route/destinations.hpp"
#include "sidecar/upstream/connector.hpp"

namespace outrigger::ingress {

// Calls to hosts that are no upstream (`outbound.proxy.unknown: pass`), on one worker. Each authority keeps a few idle
// connections; of those that are not being called the one called least lately goes when there are too many.
//
// Their calls have `timeout` and `connect_timeout` of `outbound.defaults` and the limits of all callers, and no more:
// breaker, ejection, retries with their budget and limits decide about one callee, and hosts that have nothing in
// common but that nobody named them must not pay for each other's failures. Whoever wants more of a host names it as an
// upstream. In metrics all of them are one upstream, so that no caller can add a label.
class Strangers {
public:
    static constexpr std::size_t most = 256;
    static constexpr std::size_t idle_most = 8;   // connections that each of them keeps

    // How an authority is reached.
    using Dial = std::function<std::unique_ptr<upstream::Connector>(const route::Authority&)>;
    // What all calls to them share. All of it must outlive them.
    struct Shared {
        net::Worker& worker;
        const OutboundSettings& settings;   // but for the target
        const http1::HeadLimits& limits;
        Duration idle_for;   // how long a connection is kept
        metrics::HttpClientRecorder& calls;
        middleware::ExchangeTelemetry& telemetry;
        Journal& journal;
    };
    Strangers(const Shared& shared, Dial dial) : shared_{shared}, dial_{std::move(dial)} {}

    class Stranger;
    // Null: as many as there may be are being called. Good until the next suspension.
    [[nodiscard]] Stranger* find(const route::Authority& authority);
    // A tunnel or a call.
    [[nodiscard]] static Task<void> answer(Stranger& stranger, Incoming& incoming);
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

private:
    [[nodiscard]] bool make_room();

    const Shared shared_;
    const Dial dial_;
    std::list<Stranger> all_;   // the one called last first
};

class Strangers::Stranger {
public:
    Stranger(const Shared& shared, std::string authority, std::uint16_t port,
             std::unique_ptr<upstream::Connector> connector);

private:
    friend class Strangers;
    // Without regard to case; an IPv6 address only as it is kept here.
    [[nodiscard]] bool is(const route::Authority& authority) const noexcept;

    const std::string authority_;   // "example.com:80"
    const std::uint16_t port_;
    const std::string host_;        // the same, as Host says it: without the port where that is 80
    const proxy::Target target_{host_, {}};
    const OutboundSettings settings_;
    upstream::Cluster cluster_;
    Outbound outbound_;
    std::size_t calls_ = 0;
};

}   // namespace outrigger::ingress
