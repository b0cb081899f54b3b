// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/manual_loop.hpp>

#include "sidecar/http1/server_stream.hpp"
#include "sidecar/proxy/exchange.hpp"
#include "sidecar/upstream/cluster.hpp"
#include "tests/unit/sidecar/http1/read_head.hpp"
#include "tests/unit/sidecar/memory_connector.hpp"

// One request of one caller and an endpoint to send it to, all in memory and in manual time.
namespace outrigger::proxy {

using namespace std::chrono_literals;

class ProxyBench : public testing::Test {
protected:
    ProxyBench() { accept(); }
    ~ProxyBench() override {
        if (exchange) exchange->stop_upload();
        loop.advance(24h);   // whatever still waits runs into its limit
    }

    // A new connection of the caller's.
    void accept(std::size_t capacity = 1024 * 1024) {
        exchange.reset();
        downstream.reset();
        inbox.reset();
        auto [ours, theirs] = net::MemoryStream::pair(loop.scheduler(), capacity);
        connection = std::move(ours);
        caller = net::Peer{std::move(theirs)};
        inbox.emplace(*connection, worker.pages);
    }
    // The request's head, read; what of its body is there waits in the connection.
    void receive(std::string_view text) {
        ASSERT_EQ(caller.write(text), "");
        downstream.emplace(*connection, *inbox, head_limits);
        head_read.reset();
        tasks.spawn(reading());
        loop.run();
        ASSERT_TRUE(head_read && *head_read);
    }
    // receive(), and an exchange for it.
    Exchange& begin(std::string_view text) {
        receive(text);
        exchange.emplace(worker, *downstream, head, arena, limits, replay_budget, route, who, connection_cancel);
        return *exchange;
    }
    // A connection to the endpoint, whose other end is endpoints.back().
    upstream::Lease connect() {
        lease.reset();
        tasks.spawn(picking(upstream::Cluster::Reuse::never));
        loop.run();
        EXPECT_TRUE(lease && *lease);
        return std::move(**lease);
    }
    // The same, but on a connection that has carried an exchange before.
    upstream::Lease reconnect() {
        {
            const upstream::Lease first = connect();
            EXPECT_TRUE(http1::send_get(first.stream(), arena));
            (void)endpoints.back().read();
            endpoints.back().write("HTTP/1.1 204 No Content\r\n\r\n");
            tasks.spawn(reading_reply(first.stream()));
            loop.run();
        }
        lease.reset();
        tasks.spawn(picking(upstream::Cluster::Reuse::allowed));
        EXPECT_TRUE(lease && *lease && (*lease)->reused());
        return std::move(**lease);
    }
    [[nodiscard]] Instant in(Duration length) { return after(loop.clock().now(), length); }

    static bool contains(std::string_view text, std::string_view part) {
        return text.find(part) != std::string_view::npos;
    }

    ManualLoop loop;
    net::Worker worker{loop.scheduler(), Rng{7}, {}, {}};
    net::Arena arena{worker.pages};
    http1::HeadLimits head_limits;
    Limits limits{.timeout = 30s, .idle = 60s, .body_bytes = Bytes{}};
    ReplayBudget replay_budget{64_KiB, 1_MiB};
    route::Route route = route::Table::other;
    Caller who{"192.0.2.7", 40'000};
    Cancel connection_cancel;

    std::unique_ptr<net::MemoryStream> connection;
    net::Peer caller;
    std::optional<http1::Inbox> inbox;
    std::optional<http1::ServerStream> downstream;
    http1::RequestHead head;
    std::optional<Result<void>> head_read;

    std::deque<net::Peer> endpoints;
    upstream::MemoryConnector* connector = new upstream::MemoryConnector{loop.scheduler(), endpoints};
    upstream::Cluster cluster{worker, std::unique_ptr<upstream::Connector>{connector}, head_limits,
                              upstream::Pool::Settings{.idle_max = 4, .idle_for = 1h}};
    std::optional<Result<upstream::Lease>> lease;

    std::optional<Exchange> exchange;
    TaskGroup tasks;

private:
    Task<void> reading() { head_read = co_await downstream->read_head(head, arena, worker.scratch, {}); }
    Task<void> picking(upstream::Cluster::Reuse reuse) { lease.emplace(co_await cluster.pick(reuse, {})); }
    Task<void> reading_reply(http1::HttpClientStream& stream) {
        http1::ResponseHead reply;
        const Wait forever;
        Result<void> read = co_await http1::read_head(stream, reply, arena, worker.scratch, forever);
        EXPECT_TRUE(read);
    }
};

}   // namespace outrigger::proxy
