// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/ingress/outbound.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include <outrigger/logging/writer.hpp>
#include <outrigger/metrics/registry.hpp>

#include "sidecar/net/socket.hpp"
#include "tests/unit/sidecar/proxy/proxy_bench.hpp"
#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

// One call of the app's to the upstream `users`, with all that is told of it.
namespace outrigger::ingress {

using namespace std::chrono_literals;

class OutboundBench : public proxy::ProxyBench {
protected:
    OutboundBench() {
        const auto list = upstream::some_endpoints(1);
        users.set_endpoints(list);
        protected_cluster.update(list);
        metrics.absorb(instruments.source());
        metrics.absorb(client.source());
        writer.start();
        settings.limits.target = &target;
        settings.limits.policies = policies.for_calls("outbound.users", resilience::Retry{}, false);
        settings.name = "users";
    }
    ~OutboundBench() override { end_all(); }
    Incoming& arrive(std::string_view request) {
        outbound.emplace(settings, protected_cluster, calls, telemetry, journal);
        receive(request);
        peer = net::IpPort{net::resolve("127.0.0.1", 40'000).value().front()};
        incoming.emplace(Incoming{worker, *downstream, head, arena, peer, lifecycle, connection_cancel, WallTime{}});
        return *incoming;
    }
    void start(std::string_view request) {
        Incoming& arrived = arrive(request);
        tasks.spawn(outbound->answer(arrived));
        loop.run();
    }
    // For whoever is destroyed before the calls that it began.
    void end_all() {
        connection_cancel.cancel(Fault{Reason::draining, "the test ends"});
        loop.run();
    }
    void from_endpoint(std::string_view bytes) {
        endpoints.back().write(bytes);
        loop.run();
    }
    std::string log() {
        EXPECT_TRUE(writer.flush(5s));
        std::string text(64 * 1024, '\0');
        const ssize_t size = ::pread(file.number(), text.data(), text.size(), 0);
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        return text;
    }

    proxy::Target target{"users:8080", "/v2"};
    upstream::Upstream users{"users", {}};
    upstream::Cluster protected_cluster{
        worker, users,
        [this](const upstream::Endpoint&) {
            auto made = std::make_unique<upstream::MemoryConnector>(loop.scheduler(), endpoints);
            dialled = made.get();
            return made;
        },
        head_limits, upstream::Cluster::Settings{}};
    upstream::MemoryConnector* dialled = nullptr;
    proxy::UpstreamPolicies policies{{.name = "users", .setting = "outbound.users", .breaker = users.breaker()}};
    OutboundSettings settings{.limits = {.timeout = 30s, .idle = 60s, .body_bytes = Bytes{}}, .stream_idle = 1h};
    metrics::Registry metrics;
    metrics::HttpServerInstruments instruments;
    metrics::HttpServerRecorder recorder{instruments.recorder()};
    metrics::HttpClientInstruments client;
    metrics::HttpClientRecorder calls{client.recorder("users")};
    net::Fd file{::memfd_create("log", MFD_CLOEXEC)};
    logging::Writer writer{file.number()};
    middleware::ExchangeTelemetry telemetry{recorder, writer, "orders", middleware::AccessPolicy::all()};
    Journal journal{{.slow = 1s}};
    std::optional<Outbound> outbound;
    Lifecycle lifecycle;
    net::IpPort peer;
    std::optional<Incoming> incoming;
};

}   // namespace outrigger::ingress
