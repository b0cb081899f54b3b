// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <outrigger/core/manual_loop.hpp>

#include "sidecar/upstream/cluster.hpp"
#include "tests/unit/sidecar/http1/read_head.hpp"
#include "tests/unit/sidecar/memory_connector.hpp"
#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

namespace outrigger::upstream {

using namespace std::chrono_literals;

// A cluster of many endpoints in manual time and in memory: 10.0.0.1:80, 10.0.0.2:80 ... The test plays the endpoints.
class ClusterWorld : public testing::Test {
protected:
    using Reuse = Cluster::Reuse;
    struct Server {
        std::deque<net::Peer> peers;   // the other ends of its connections, in their order
        std::optional<Fault> refuses;
        Duration takes{};
    };
    class Connecting final : public Connector {
    public:
        Connecting(Scheduler& scheduler, Server& server, std::string name)
            : scheduler_{scheduler}, server_{server}, name_{std::move(name)} {}
        Task<Result<std::unique_ptr<net::Stream>>> connect(Wait wait) override {
            MemoryConnector connector{scheduler_, server_.peers};
            connector.fault = server_.refuses;
            connector.takes = server_.takes;
            Result<std::unique_ptr<net::Stream>> stream = co_await connector.connect(wait);
            co_return std::move(stream);
        }
        [[nodiscard]] std::string_view name() const noexcept override { return name_; }

    private:
        Scheduler& scheduler_;
        Server& server_;
        const std::string name_;
    };
    struct Ejections final : EndpointObserver {
        void on(const EndpointEjected& event) noexcept override { seen.push_back(event); }
        std::vector<EndpointEjected> seen;
    };

    static Cluster::Dial dial_in(Scheduler& scheduler, std::map<std::string, Server>& servers) {
        return [&](const Endpoint& endpoint) {
            return std::make_unique<Connecting>(scheduler, servers[endpoint.name()], endpoint.name());
        };
    }
    void make(Upstream::Settings settings) {
        upstream.emplace("shop", settings, nullptr, &ejections);
        cluster.emplace(worker, *upstream, dial_in(loop.scheduler(), servers), limits,
                        Cluster::Settings{{.idle_max = 4, .idle_for = 60s}});
    }
    void endpoints(std::shared_ptr<const EndpointList> now_there) {
        list = std::move(now_there);
        upstream->set_endpoints(list);
        cluster->update(list);
        loop.run();
    }
    void endpoints(std::size_t count) { endpoints(some_endpoints(count)); }
    Endpoint& at(std::size_t i) { return *list->all[i]; }
    Server& server(std::size_t i) { return servers["10.0.0." + std::to_string(i + 1) + ":80"]; }

    Task<void> picking(std::optional<Result<Lease>>& into, Reuse reuse, Wait wait, Tried* tried) {
        into.emplace(co_await cluster->pick(reuse, wait, tried));
    }
    // A pick that ends at once.
    Result<Lease> try_pick(Tried* tried = nullptr, Reuse reuse = Reuse::allowed) {
        std::optional<Result<Lease>> picked;
        tasks.spawn(picking(picked, reuse, {}, tried));
        loop.run();
        if (!picked) ADD_FAILURE() << "the pick waits";
        return std::move(*picked);
    }
    Lease pick(Tried* tried = nullptr, Reuse reuse = Reuse::allowed) {
        Result<Lease> picked = try_pick(tried, reuse);
        EXPECT_TRUE(picked) << (picked ? "" : std::string{picked.error().detail});
        return picked ? std::move(*picked) : Lease{};
    }
    // A whole exchange on the lease's connection, the last one that its endpoint has taken.
    void exchange(Lease& lease, std::string_view reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") {
        EXPECT_TRUE(http1::send_get(lease.stream(), arena));
        for (net::Peer& peer : servers[std::string{lease.endpoint()}].peers)
            if (!peer.read().empty()) peer.write(reply);
        tasks.spawn(reading(lease.stream()));
        loop.run();
    }
    Task<void> reading(http1::HttpClientStream& stream) {
        http1::ResponseHead head;
        Result<void> read = co_await http1::read_head(stream, head, arena, *scratch, forever);
        EXPECT_TRUE(read);
    }
    void settle(Lease& lease, resilience::Verdict verdict) { lease.settle(verdict, loop.clock().now()); }
    // A call on whatever endpoint, and how its attempt ended.
    std::string call(resilience::Verdict verdict = resilience::Verdict::success) {
        Lease lease = pick();
        exchange(lease);
        settle(lease, verdict);
        return std::string{lease.endpoint()};
    }

    ManualLoop loop;
    std::map<std::string, Server> servers;
    Ejections ejections;
    http1::HeadLimits limits;
    net::Worker worker{loop.scheduler(), Rng{7}, {}, {}};
    std::shared_ptr<const EndpointList> list;
    std::optional<Upstream> upstream;
    std::optional<Cluster> cluster;
    net::PagePool pages;
    net::Arena arena{pages};
    std::unique_ptr<net::Scratch> scratch = std::make_unique<net::Scratch>();
    const Wait forever;
    TaskGroup tasks;
};

}   // namespace outrigger::upstream
