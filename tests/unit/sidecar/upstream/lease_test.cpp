// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/lease.hpp"

#include "tests/unit/sidecar/upstream/cluster_world.hpp"

namespace outrigger::upstream {
namespace {

using resilience::CircuitState;
using resilience::Verdict;

class LeaseTest : public ClusterWorld {
protected:
    LeaseTest() {
        make({.balance = config::BalanceMethod::least_request,
              .outlier = {},
              .breaker = resilience::Breaker{.failure_rate = 50_percent, .min_calls = 2, .probes = 1}});
        endpoints(2);
    }
    std::uint32_t failures() { return at(0).standing().failures_in_a_row + at(1).standing().failures_in_a_row; }
    std::uint64_t counted() {
        return upstream->breaker()->report(loop.clock().now()).calls.calls;
    }
};

TEST_F(LeaseTest, a_verdict_counts_for_the_breaker_and_the_endpoint_once) {
    Lease lease = pick();
    settle(lease, Verdict::failure);
    settle(lease, Verdict::failure);
    EXPECT_EQ(failures(), 1u);
    EXPECT_EQ(counted(), 1u);
}

TEST_F(LeaseTest, one_that_is_dropped_without_a_verdict_counts_nowhere) {
    (void)pick();
    EXPECT_EQ(failures(), 0u);
    EXPECT_EQ(counted(), 0u);
    EXPECT_EQ(at(0).in_flight() + at(1).in_flight(), 0u);
}

TEST_F(LeaseTest, a_body_that_was_cut_is_one_failure_more) {
    Lease lease = pick();
    settle(lease, Verdict::success);
    lease.body_was_cut(loop.clock().now());
    EXPECT_EQ(failures(), 1u);
    EXPECT_EQ(counted(), 2u);
    EXPECT_EQ(upstream->breaker()->state(), CircuitState::open) << "one of two failed";
}

TEST_F(LeaseTest, five_cut_bodies_in_a_row_eject_an_endpoint_whatever_their_heads_said) {
    make({.balance = config::BalanceMethod::round_robin, .outlier = {.consecutive = 5}, .breaker = std::nullopt});
    endpoints(2);
    int cut = 0;
    while (cut < 5) {
        Lease lease = pick();
        settle(lease, Verdict::success);
        if (lease.endpoint() != at(0).name()) continue;
        EXPECT_TRUE(ejections.seen.empty());
        lease.body_was_cut(loop.clock().now());
        ++cut;
    }
    ASSERT_EQ(ejections.seen.size(), 1u);
    EXPECT_EQ(ejections.seen[0].endpoint, at(0).name());
}

TEST_F(LeaseTest, a_success_ends_the_row_of_failures_when_its_lease_ends) {
    make({.balance = config::BalanceMethod::round_robin, .outlier = {.consecutive = 5}, .breaker = std::nullopt});
    endpoints(1);
    call(Verdict::failure);
    {
        Lease lease = pick();
        settle(lease, Verdict::success);
        EXPECT_EQ(at(0).standing().failures_in_a_row, 1u) << "the body may still be cut";
    }
    EXPECT_EQ(at(0).standing().failures_in_a_row, 0u);
}

TEST_F(LeaseTest, a_body_that_was_cut_after_a_long_time_does_not_count_as_a_slow_reply) {
    make({.balance = config::BalanceMethod::ewma, .outlier = {}, .breaker = std::nullopt});
    endpoints(1);
    Lease lease = pick();
    loop.advance(20ms);
    settle(lease, Verdict::success);
    loop.advance(10min);
    lease.body_was_cut(loop.clock().now());
    EXPECT_LE(*upstream->report(loop.clock().now())[0].latency, 1s);
}

TEST_F(LeaseTest, a_cut_body_takes_no_probe_of_a_half_open_circuit) {
    Lease cut = pick();
    settle(cut, Verdict::success);
    call(Verdict::failure);
    ASSERT_EQ(upstream->breaker()->state(), CircuitState::open);
    loop.advance(6s);
    Lease probe = pick();
    cut.body_was_cut(loop.clock().now());
    settle(probe, Verdict::success);
    EXPECT_EQ(upstream->breaker()->state(), CircuitState::closed);
}

TEST_F(LeaseTest, a_probe_that_is_dropped_is_given_back) {
    for (int i = 0; i < 2; ++i) call(Verdict::failure);
    loop.advance(6s);
    (void)pick();
    call();
    EXPECT_EQ(upstream->breaker()->state(), CircuitState::closed);
}

TEST_F(LeaseTest, one_that_is_assigned_to_ends_its_own_attempt) {
    Lease lease = pick();
    Lease other = pick();
    lease = std::move(other);
    EXPECT_EQ(at(0).in_flight() + at(1).in_flight(), 1u);
    lease = Lease{};
    EXPECT_EQ(at(0).in_flight() + at(1).in_flight(), 0u);
}

TEST_F(LeaseTest, an_empty_one_may_be_settled) {
    Lease empty;
    settle(empty, Verdict::failure);
    empty.body_was_cut(loop.clock().now());
    EXPECT_EQ(empty.endpoint(), "");
    EXPECT_EQ(counted(), 0u);
}

}   // namespace
}   // namespace outrigger::upstream
