// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/cluster.hpp"

#include "tests/unit/sidecar/http1/read_head.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <outrigger/core/manual_loop.hpp>

#include "tests/unit/sidecar/memory_connector.hpp"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

class ClusterTest : public testing::Test {
protected:
    using Reuse = Cluster::Reuse;
    Task<void> picking(Reuse reuse, Wait wait) { picked.emplace(co_await cluster.pick(reuse, wait)); }
    Lease pick(Reuse reuse = Reuse::allowed) {
        picked.reset();
        tasks.spawn(picking(reuse, {}));
        loop.run();
        EXPECT_TRUE(picked && *picked);
        return std::move(**picked);
    }
    // A whole exchange on the lease's connection, whose other end is `peer`.
    void exchange(Lease& lease, net::Peer& peer, std::string_view reply) {
        EXPECT_TRUE(http1::send_get(lease.stream(), arena));
        (void)peer.read();
        peer.write(reply);
        tasks.spawn(reading(lease.stream()));
        loop.run();
    }
    Task<void> reading(http1::HttpClientStream& stream) {
        http1::ResponseHead head;
        Result<void> read = co_await http1::read_head(stream, head, arena, *scratch, forever);
        EXPECT_TRUE(read);
    }

    ManualLoop loop;
    std::deque<net::Peer> peers;
    MemoryConnector* connector = new MemoryConnector{loop.scheduler(), peers};
    http1::HeadLimits limits;
    net::Worker worker{loop.scheduler(), Rng{7}, {}, {}};
    Cluster cluster{
        worker, std::unique_ptr<Connector>{connector}, limits, {.idle_max = 2, .idle_for = 60s}};
    net::PagePool pages;
    net::Arena arena{pages};
    std::unique_ptr<net::Scratch> scratch = std::make_unique<net::Scratch>();
    const Wait forever;
    std::optional<Result<Lease>> picked;
    TaskGroup tasks;
};

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

TEST_F(ClusterTest, the_first_pick_connects) {
    const Lease lease = pick();
    EXPECT_EQ(peers.size(), 1u);
    EXPECT_FALSE(lease.reused());
    EXPECT_EQ(lease.endpoint(), "shop:80");
}

TEST_F(ClusterTest, a_connection_whose_exchange_is_over_carries_the_next_one) {
    {
        Lease lease = pick();
        exchange(lease, peers[0], ok);
    }
    Lease lease = pick();
    EXPECT_TRUE(lease.reused());
    EXPECT_EQ(peers.size(), 1u);
    exchange(lease, peers[0], ok);
}

TEST_F(ClusterTest, one_that_must_not_be_reused_is_new_even_if_there_is_an_idle_one) {
    {
        Lease lease = pick();
        exchange(lease, peers[0], ok);
    }
    const Lease lease = pick(Reuse::never);
    EXPECT_FALSE(lease.reused());
    EXPECT_EQ(peers.size(), 2u);
}

TEST_F(ClusterTest, a_connection_whose_exchange_is_not_over_is_closed_with_its_lease) {
    { const Lease lease = pick(); }
    EXPECT_FALSE(peers[0].connected());
    {
        Lease lease = pick();
        exchange(lease, peers[1], "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    }
    EXPECT_FALSE(peers[1].connected());
}

TEST_F(ClusterTest, a_lease_that_was_moved_from_gives_nothing_back) {
    Lease first = pick();
    Lease second = std::move(first);
    first = Lease{};
    EXPECT_TRUE(peers[0].connected());
    exchange(second, peers[0], ok);
}

TEST_F(ClusterTest, a_lease_that_is_assigned_to_gives_its_own_connection_back) {
    Lease first = pick();
    Lease second = pick();
    exchange(first, peers[0], ok);
    first = std::move(second);
    EXPECT_TRUE(peers[0].connected()) << "it is in the pool";
    EXPECT_TRUE(peers[1].connected());
    EXPECT_TRUE(pick().reused());
    first = Lease{};
    EXPECT_FALSE(peers[1].connected());
}

TEST_F(ClusterTest, why_connecting_failed_is_passed_on) {
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    tasks.spawn(picking(Reuse::allowed, {}));
    ASSERT_TRUE(picked.has_value());
    EXPECT_EQ(picked->error(), *connector->fault);
}

TEST_F(ClusterTest, connecting_takes_no_longer_than_the_wait) {
    connector->takes = 1h;
    tasks.spawn(picking(Reuse::allowed, {after(loop.clock().now(), 2s), nullptr, Reason::timeout}));
    loop.advance(2s);
    ASSERT_TRUE(picked.has_value());
    EXPECT_EQ(picked->error().reason, Reason::timeout);
}

TEST_F(ClusterTest, a_caller_who_has_left_is_given_no_connection) {
    {
        Lease lease = pick();
        exchange(lease, peers[0], ok);
    }
    Cancel cancel;
    cancel.cancel(Fault{Reason::caller_left, "gone"});
    tasks.spawn(picking(Reuse::allowed, {.cancel = &cancel}));
    ASSERT_TRUE(picked.has_value());
    EXPECT_EQ(picked->error().reason, Reason::caller_left);
    EXPECT_TRUE(peers[0].connected());
}

TEST_F(ClusterTest, an_idle_connection_that_its_endpoint_closes_is_not_picked) {
    {
        Lease lease = pick();
        exchange(lease, peers[0], ok);
    }
    peers[0].close();
    EXPECT_FALSE(pick().reused());
}

TEST_F(ClusterTest, an_idle_connection_is_closed_after_its_time) {
    {
        Lease lease = pick();
        exchange(lease, peers[0], ok);
    }
    loop.advance(60s);
    EXPECT_FALSE(peers[0].connected());
}

}   // namespace
}   // namespace outrigger::upstream
