// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>

#include "tests/sim/allocation_count.hpp"
#include "tests/unit/sidecar/upstream/cluster_world.hpp"

// What a protected call takes from its cluster, from the pick to the end of its lease, needs no memory once it has seen
// the like: whatever balances, breaker and outlier detection included.
namespace outrigger::sim {
namespace {

using config::BalanceMethod;

class EndpointsAllocation : public upstream::ClusterWorld, public testing::WithParamInterface<BalanceMethod> {
protected:
    void SetUp() override {
        if (!allocations_are_counted()) {
            std::puts("SKIPPED: a sanitizer owns the allocator");
            GTEST_SKIP();
        }
        make({.balance = GetParam(), .outlier = {}, .breaker = resilience::Breaker{}});
        endpoints(3);
    }
    // So many calls one after the other; what they allocate at the cluster, not in their exchanges.
    Task<void> calling(int times, std::uint64_t& made) {
        upstream::Tried tried;
        for (int i = 0; i < times; ++i) {
            const std::uint64_t before = allocations();
            Result<upstream::Lease> lease = co_await cluster->pick(Reuse::allowed, {}, &tried);
            made += allocations() - before;
            EXPECT_TRUE(lease);
            if (!lease) co_return;
            exchange_at_once(*lease);
            const std::uint64_t between = allocations();
            const auto verdict = i % 10 == 0 ? resilience::Verdict::failure : resilience::Verdict::success;
            lease->settle(verdict, loop.clock().now());
            lease = upstream::Lease{};
            made += allocations() - between;
        }
    }
    void exchange_at_once(upstream::Lease& lease) {
        EXPECT_TRUE(http1::send_get(lease.stream(), arena));
        for (net::Peer& peer : servers[std::string{lease.endpoint()}].peers)
            if (!peer.read().empty()) peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        http1::ResponseHead head;
        const auto read = lease.stream().try_head(head, arena, *scratch);
        EXPECT_TRUE(read && *read);
    }
};

TEST_P(EndpointsAllocation, is_not_needed_for_a_call) {
    std::uint64_t first = 0;
    tasks.spawn(calling(100, first));
    EXPECT_GT(first, 0u) << "connections, and room for them";
    std::uint64_t steady = 0;
    tasks.spawn(calling(1000, steady));
    EXPECT_EQ(tasks.running(), 0u);
    EXPECT_EQ(steady, 0u);
}

INSTANTIATE_TEST_SUITE_P(Balancers, EndpointsAllocation,
                         testing::Values(BalanceMethod::round_robin, BalanceMethod::least_request, BalanceMethod::ewma));

}   // namespace
}   // namespace outrigger::sim
