// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/balancer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;
using config::BalanceMethod;

constexpr Duration ramp = 10s;

class BalancerTest : public testing::Test {
protected:
    void endpoints(std::size_t count) {
        list = some_endpoints(count);
        refresh();
    }
    void refresh() { candidates.refresh(*list, {.slow_start = ramp}, now); }
    Endpoint& at(std::size_t i) { return *list->all[i]; }
    void eject(std::size_t i, Duration length) {
        at(i).standing().ejected_until = now + length;
        refresh();
    }
    std::size_t pick(Balancer& balancer, EndpointId avoided = EndpointId::none) {
        return balancer.pick(candidates, avoided, now, rng, why).place;
    }
    // How often each is picked; calls end at once.
    std::vector<int> shares(Balancer& balancer, int calls = 10'000) {
        std::vector<int> counts(list->all.size());
        for (int i = 0; i < calls; ++i) ++counts[pick(balancer)];
        return counts;
    }

    Instant now{1h};
    Rng rng{42};
    std::shared_ptr<const EndpointList> list;
    Candidates candidates;
    Choice why;   // of the last one
    Balancer round_robin{BalanceMethod::round_robin, 0};
    Balancer least_request{BalanceMethod::least_request, 0};
    Balancer ewma{BalanceMethod::ewma, 0};
};

TEST_F(BalancerTest, round_robin_takes_one_after_the_other) {
    endpoints(3);
    for (const std::size_t expected : {0u, 1u, 2u, 0u, 1u, 2u}) EXPECT_EQ(pick(round_robin), expected);
}

TEST_F(BalancerTest, round_robin_begins_where_it_is_told_so_that_workers_do_not_all_begin_with_the_first) {
    endpoints(3);
    Balancer other{BalanceMethod::round_robin, 2};
    EXPECT_EQ(pick(other), 2u);
    EXPECT_EQ(pick(other), 0u);
}

TEST_F(BalancerTest, round_robin_goes_over_all_of_them_though_one_is_avoided_each_time) {
    endpoints(3);
    std::vector<int> counts(3);
    EndpointId last = EndpointId::none;
    for (int i = 0; i < 300; ++i) {
        const std::size_t picked = pick(round_robin, last);
        last = at(picked).id();
        ++counts[picked];
    }
    for (const int count : counts) EXPECT_EQ(count, 100);
}

TEST_F(BalancerTest, least_request_never_takes_the_busiest_of_two) {
    endpoints(2);
    at(0).begin_call();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(pick(least_request), 1u);
}

TEST_F(BalancerTest, least_request_shares_evenly_among_idle_endpoints) {
    endpoints(4);
    for (const int share : shares(least_request)) EXPECT_NEAR(share, 2500, 200);
}

TEST_F(BalancerTest, least_request_keeps_the_fullest_close_to_the_average) {
    endpoints(20);
    for (int i = 0; i < 2000; ++i) const_cast<Endpoint*>(list->all[pick(least_request)].get())->begin_call();
    std::uint32_t most = 0;
    for (const auto& endpoint : list->all) most = std::max(most, endpoint->in_flight());
    EXPECT_LE(most, 104u) << "100 on average; at random it would be 120 or more";
}

TEST_F(BalancerTest, least_request_gives_a_slow_endpoint_less) {
    endpoints(3);
    // Each round ten calls begin; the fast endpoints end theirs, the slow one keeps each for five rounds.
    std::vector<std::size_t> slow_calls;
    std::vector<int> counts(3);
    for (int round = 0; round < 1000; ++round) {
        for (int i = 0; i < 10; ++i) {
            const std::size_t picked = pick(least_request);
            ++counts[picked];
            at(picked).begin_call();
        }
        while (at(0).in_flight() > 0) at(0).end_call();
        while (at(1).in_flight() > 0) at(1).end_call();
        if (round % 5 == 4)
            while (at(2).in_flight() > 0) at(2).end_call();
    }
    EXPECT_LT(counts[2], counts[0] / 2);
    EXPECT_LT(counts[2], counts[1] / 2);
    EXPECT_GT(counts[2], 0);
}

TEST_F(BalancerTest, ewma_takes_the_faster_of_two) {
    endpoints(2);
    at(0).latency().observe(100ms, now);
    at(1).latency().observe(10ms, now);
    EXPECT_EQ(shares(ewma, 100)[1], 100);
}

TEST_F(BalancerTest, ewma_weighs_latency_with_the_calls_in_flight) {
    endpoints(2);
    at(0).latency().observe(100ms, now);
    at(1).latency().observe(30ms, now);
    for (int i = 0; i < 3; ++i) at(1).begin_call();   // 30 ms x 4 > 100 ms x 1
    EXPECT_EQ(shares(ewma, 100)[0], 100);
}

TEST_F(BalancerTest, ewma_gives_one_that_never_answered_a_single_call) {
    endpoints(2);
    at(0).latency().observe(10ms, now);
    EXPECT_EQ(pick(ewma), 1u);
    at(1).begin_call();
    EXPECT_EQ(shares(ewma, 100)[0], 100) << "until it has answered";
}

TEST_F(BalancerTest, ewma_leaves_a_slow_endpoint_and_tries_it_again_later) {
    endpoints(2);
    at(0).latency().observe(2s, now);
    at(1).latency().observe(20ms, now);
    EXPECT_EQ(shares(ewma, 100)[0], 0);
    for (int i = 0; i < 600; ++i) at(1).latency().observe(20ms, now += 100ms);
    EXPECT_EQ(shares(ewma, 100)[0], 100) << "the peak is forgotten";
}

TEST_F(BalancerTest, of_an_ejected_endpoint_nobody_is_given) {
    for (Balancer* balancer : {&round_robin, &least_request, &ewma}) {
        endpoints(3);
        eject(1, 30s);
        const auto counts = shares(*balancer, 3000);
        EXPECT_EQ(counts[1], 0);
        EXPECT_NEAR(counts[0], 1500, 150);
        EXPECT_EQ(candidates.good_until(), now + 30s);
        EXPECT_FALSE(candidates.panic());
    }
}

TEST_F(BalancerTest, when_more_than_half_are_ejected_all_are_used) {
    endpoints(4);
    eject(0, 30s);
    eject(1, 20s);
    EXPECT_FALSE(candidates.panic()) << "half is not more than half";
    EXPECT_EQ(candidates.all().size(), 2u);
    eject(2, 40s);
    EXPECT_TRUE(candidates.panic());
    EXPECT_EQ(candidates.all().size(), 4u);
    EXPECT_EQ(candidates.good_until(), now + 20s) << "then one comes back";
    for (const int share : shares(least_request)) EXPECT_NEAR(share, 2500, 200);
    now += 20s;
    refresh();
    EXPECT_FALSE(candidates.panic());
}

TEST_F(BalancerTest, how_many_may_be_ejected_before_all_are_used_is_a_setting) {
    endpoints(3);
    eject(0, 30s);
    eject(1, 20s);
    candidates.refresh(*list, {.panic_above = 70_percent}, now);
    EXPECT_FALSE(candidates.panic());
    EXPECT_EQ(candidates.all().size(), 1u);
    candidates.refresh(*list, {.panic_above = 0_percent}, now);
    EXPECT_TRUE(candidates.panic());
    eject(2, 10s);
    candidates.refresh(*list, {.panic_above = 100_percent}, now);
    EXPECT_FALSE(candidates.panic());
    EXPECT_TRUE(candidates.all().empty());
    EXPECT_EQ(candidates.good_until(), now + 10s);
}

TEST_F(BalancerTest, without_slow_start_who_comes_back_has_its_share_at_once) {
    endpoints(2);
    eject(0, 1s);
    now += 1s;
    candidates.refresh(*list, {.slow_start = 0s}, now);
    EXPECT_FALSE(candidates.ramping(now));
    EXPECT_EQ(candidates.weight(candidates.all()[0], now), 1.0);
}

TEST_F(BalancerTest, where_ejections_are_not_heeded_everybody_is_a_candidate) {
    endpoints(2);
    at(0).standing().ejected_until = now + 30s;
    candidates.refresh(*list, {.heeds_ejections = false, .slow_start = ramp}, now);
    EXPECT_EQ(candidates.all().size(), 2u);
    EXPECT_EQ(candidates.good_until(), never);
    now += 31s;
    candidates.refresh(*list, {.heeds_ejections = false, .slow_start = ramp}, now);
    EXPECT_FALSE(candidates.ramping(now)) << "nobody comes back who has not been away";
}

TEST_F(BalancerTest, the_avoided_one_is_picked_only_if_there_is_no_other) {
    for (Balancer* balancer : {&round_robin, &least_request, &ewma}) {
        endpoints(2);
        at(0).begin_call();   // so that it would be preferred otherwise
        for (int i = 0; i < 20; ++i) EXPECT_EQ(pick(*balancer, EndpointId{2}), 0u);
        endpoints(3);
        for (int i = 0; i < 100; ++i) EXPECT_NE(pick(*balancer, EndpointId{2}), 1u);
        endpoints(1);
        EXPECT_EQ(pick(*balancer, EndpointId{1}), 0u);
        eject(0, 1s);
    }
}

TEST_F(BalancerTest, an_endpoint_that_comes_back_gets_a_share_that_grows) {
    for (Balancer* balancer : {&round_robin, &least_request, &ewma}) {
        endpoints(4);
        for (const auto& endpoint : list->all) endpoint->latency().observe(10ms, now);
        eject(0, 30s);
        std::vector<int> share_of_returned;
        now += 30s;
        for (const Duration later : {0s, 3s, 4s, 3s}) {
            now += later;
            for (const auto& endpoint : list->all) endpoint->latency().observe(10ms, now);
            refresh();
            share_of_returned.push_back(shares(*balancer)[0]);
        }
        EXPECT_LT(share_of_returned[0], 500) << "a tenth of its share is 250";
        EXPECT_GT(share_of_returned[0], 100);
        EXPECT_NEAR(share_of_returned[1], 910, 200) << "0.3 of 3.3";
        EXPECT_NEAR(share_of_returned[2], 1890, 300) << "0.7 of 3.7";
        EXPECT_NEAR(share_of_returned[3], 2500, 200);
        EXPECT_FALSE(candidates.ramping(now));
    }
}

// Its connections are empty, so by their number alone it would be given everything.
TEST_F(BalancerTest, a_newcomer_beside_busy_endpoints_is_not_flooded) {
    auto grown = std::make_shared<EndpointList>(*some_endpoints(3));
    for (const auto& endpoint : grown->all)
        for (int i = 0; i < 50; ++i) endpoint->begin_call();
    grown->all.push_back(std::make_shared<Endpoint>(EndpointId{4}, address_ending(4), now));
    list = grown;
    refresh();
    const int at_first = shares(least_request)[3];
    EXPECT_LT(at_first, 900) << "it wins whenever it is drawn, but is drawn seldom";
    EXPECT_GT(at_first, 300);
}

TEST_F(BalancerTest, where_all_are_new_they_share_evenly) {
    list = some_endpoints(4, now);
    refresh();
    for (Balancer* balancer : {&round_robin, &least_request})
        for (const int share : shares(*balancer)) EXPECT_NEAR(share, 2500, 250);
}

// ---- Why

TEST_F(BalancerTest, tells_whose_turn_it_was) {
    endpoints(3);
    (void)pick(round_robin);
    EXPECT_EQ(explain(why), "round_robin: its turn");
    (void)pick(round_robin, at(0).id());
    EXPECT_EQ(explain(why), "round_robin: its turn; another one than before");
}

TEST_F(BalancerTest, tells_the_calls_in_flight_of_both_that_were_drawn) {
    endpoints(2);
    at(0).begin_call();
    for (int i = 0; i < 4; ++i) at(1).begin_call();
    EXPECT_EQ(pick(least_request), 0u);
    EXPECT_EQ(explain(why), "least_request: 1 call in flight, 4 calls at the other of two drawn");
}

TEST_F(BalancerTest, tells_the_costs_of_both_that_were_drawn) {
    endpoints(2);
    at(0).latency().observe(20ms, now);
    at(1).latency().observe(3s, now);
    EXPECT_EQ(pick(ewma), 0u);
    EXPECT_EQ(explain(why), "ewma: its cost is 20 ms, that of the other of two drawn 3 s");
    endpoints(2);
    at(0).latency().observe(20ms, now);
    at(1).begin_call();
    EXPECT_EQ(pick(ewma), 0u);
    EXPECT_EQ(explain(why), "ewma: its cost is 20 ms, that of the other of two drawn not known yet");
}

TEST_F(BalancerTest, tells_that_there_was_no_other) {
    endpoints(1);
    (void)pick(least_request);
    EXPECT_EQ(explain(why), "the only endpoint");
    endpoints(3);
    eject(0, 1h);
    (void)pick(least_request, at(1).id());
    EXPECT_EQ(explain(why), "the only other one than before; 1 of 3 ejected");
    eject(1, 1h);   // more than half: panic
    (void)pick(round_robin);
    EXPECT_EQ(explain(why), "round_robin: its turn; panic: all get calls, for 2 of 3 are ejected");
    endpoints(2);
    eject(0, 1h);
    (void)pick(ewma);
    EXPECT_EQ(explain(why), "the only one of 2 that is not ejected");
}

TEST_F(BalancerTest, tells_who_is_in_slow_start) {
    endpoints(2);
    eject(0, 1s);
    now += 3s;
    refresh();
    while (pick(round_robin) != 0) {}
    EXPECT_EQ(explain(why), "round_robin: its turn; in slow start, with 20% of its share");
    while (pick(round_robin) != 1) {}
    EXPECT_EQ(explain(why), "round_robin: its turn; others are in slow start");
    int drawn_twice = 0;
    for (int i = 0; i < 100; ++i) {
        (void)pick(least_request);
        if (why.by == Choice::By::chance) ++drawn_twice;
    }
    EXPECT_GT(drawn_twice, 0);
}

}   // namespace
}   // namespace outrigger::upstream
