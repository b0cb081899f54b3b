// SPDX-License-Identifier: Apache-2.0
// Cluster, where it has many endpoints.
#include "tests/unit/sidecar/upstream/cluster_world.hpp"

#include <algorithm>
#include <cerrno>
#include <thread>

namespace outrigger::upstream {
namespace {

using config::BalanceMethod;
using resilience::Verdict;

class ManyEndpoints : public ClusterWorld {
protected:
    ManyEndpoints() {
        make({.balance = BalanceMethod::round_robin, .outlier = {}, .breaker = std::nullopt, .setting = "outbound.shop"});
    }
    static Task<void> asking(Cluster& cluster, Tried& tried) { (void)co_await cluster.pick(Reuse::allowed, {}, &tried); }
    std::map<std::string, int> calls(int count, Verdict of_first = Verdict::success) {
        std::map<std::string, int> counts;
        for (int i = 0; i < count; ++i) {
            Lease lease = pick();
            exchange(lease);
            settle(lease, lease.endpoint() == "10.0.0.1:80" ? of_first : Verdict::success);
            ++counts[std::string{lease.endpoint()}];
        }
        return counts;
    }
};

TEST_F(ManyEndpoints, calls_go_round) {
    endpoints(3);
    for (const auto& [name, count] : calls(30)) EXPECT_EQ(count, 10) << name;
}

TEST_F(ManyEndpoints, each_has_its_own_pool) {
    endpoints(3);
    (void)calls(30);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(server(i).peers.size(), 1u);
    EXPECT_TRUE(pick().reused());
    EXPECT_FALSE(pick(nullptr, Reuse::never).reused());
}

TEST_F(ManyEndpoints, calls_in_flight_are_counted_until_the_lease_ends) {
    endpoints(1);
    {
        Lease lease = pick();
        EXPECT_EQ(at(0).in_flight(), 1u);
        Lease moved = std::move(lease);
        settle(moved, Verdict::success);
        EXPECT_EQ(at(0).in_flight(), 1u) << "its body is still to come";
    }
    EXPECT_EQ(at(0).in_flight(), 0u);
}

TEST_F(ManyEndpoints, an_endpoint_that_dies_is_left_after_five_failures_and_comes_back_little_by_little) {
    endpoints(4);
    server(0).refuses = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    int failed = 0;
    for (int i = 0; i < 100; ++i) {
        Result<Lease> lease = try_pick();
        if (!lease) {
            EXPECT_EQ(lease.error().reason, Reason::connect_failed);
            ++failed;
        } else {
            exchange(*lease);
            settle(*lease, Verdict::success);
        }
    }
    EXPECT_EQ(failed, 5);
    ASSERT_EQ(ejections.seen.size(), 1u);
    EXPECT_EQ(ejections.seen[0].endpoint, "10.0.0.1:80");
    EXPECT_EQ(ejections.seen[0].upstream, "shop");
    EXPECT_EQ(ejections.seen[0].length, 30s);

    server(0).refuses.reset();
    loop.advance(30s);
    const int at_once = calls(400)["10.0.0.1:80"];
    EXPECT_GT(at_once, 0);
    EXPECT_LT(at_once, 30) << "a tenth of its share of 100";
    loop.advance(10s);
    EXPECT_EQ(calls(400)["10.0.0.1:80"], 100);
}

TEST_F(ManyEndpoints, what_one_worker_learns_of_an_endpoint_another_knows) {
    endpoints(2);
    ManualLoop other_loop;
    net::Worker other{other_loop.scheduler(), Rng{8}, {}, {}};
    Cluster others{other, *upstream, dial_in(other_loop.scheduler(), servers), limits, {}};
    others.update(list);
    (void)calls(10, Verdict::failure);
    ASSERT_EQ(ejections.seen.size(), 1u);
    Tried tried;
    for (int i = 0; i < 10; ++i) {
        tasks.spawn(asking(others, tried));
        EXPECT_EQ(tried.name(), "10.0.0.2:80");
    }
}

TEST_F(ManyEndpoints, the_next_attempt_goes_elsewhere_if_it_can) {
    make({.balance = BalanceMethod::least_request, .outlier = {}, .breaker = std::nullopt});
    endpoints(3);
    for (int i = 0; i < 50; ++i) {
        Tried tried;
        EXPECT_EQ(tried.endpoint(), EndpointId::none);
        const Lease first = pick(&tried);
        const std::string first_name{tried.name()};
        EXPECT_EQ(first_name, first.endpoint());
        EXPECT_EQ(tried.why().known, 3u);
        EXPECT_FALSE(tried.why().avoided);
        (void)pick(&tried);
        EXPECT_NE(tried.name(), first_name);
        EXPECT_TRUE(tried.why().avoided);
    }
    endpoints(1);
    Tried tried;
    (void)pick(&tried);
    (void)pick(&tried);
    EXPECT_EQ(tried.name(), "10.0.0.1:80");
}

TEST_F(ManyEndpoints, when_more_than_half_are_ejected_all_are_used_and_that_is_counted) {
    make({.balance = BalanceMethod::round_robin,
          .outlier = {.consecutive = 1, .eject_for = 30s, .max_ejected = 100_percent},
          .breaker = std::nullopt});
    endpoints(4);
    for (int i = 0; i < 3; ++i) call(Verdict::failure);
    EXPECT_EQ(ejections.seen.size(), 3u);
    EXPECT_EQ(upstream->panics(), 0u);
    Tried tried;
    {
        Lease lease = pick(&tried);
        exchange(lease);
    }
    EXPECT_EQ(explain(tried.why()), "round_robin: its turn; panic: all get calls, for 3 of 4 are ejected");
    EXPECT_EQ(calls(40).size(), 4u);
    EXPECT_EQ(upstream->panics(), 41u);
}

TEST_F(ManyEndpoints, in_shadow_mode_an_ejected_endpoint_goes_on) {
    make({.balance = BalanceMethod::round_robin, .outlier = {.shadow = true}, .breaker = std::nullopt});
    endpoints(2);
    EXPECT_EQ(calls(40, Verdict::failure)["10.0.0.1:80"], 20);
    ASSERT_FALSE(ejections.seen.empty());
    EXPECT_TRUE(ejections.seen[0].shadow);
    EXPECT_TRUE(upstream->report(loop.clock().now())[0].would_be_ejected);
}

TEST_F(ManyEndpoints, a_slow_endpoint_gets_fewer_calls_by_ewma) {
    make({.balance = BalanceMethod::ewma, .outlier = {}, .breaker = std::nullopt});
    endpoints(2);
    std::map<std::string, int> counts;
    for (int i = 0; i < 200; ++i) {
        Lease lease = pick();
        loop.advance(lease.endpoint() == "10.0.0.1:80" ? 500ms : 5ms);
        exchange(lease);
        settle(lease, Verdict::success);
        ++counts[std::string{lease.endpoint()}];
    }
    EXPECT_LT(counts["10.0.0.1:80"], 5);
}

TEST_F(ManyEndpoints, by_ewma_an_endpoint_that_fails_quickly_is_no_good_one) {
    make({.balance = BalanceMethod::ewma, .outlier = {.consecutive = 1000}, .breaker = std::nullopt});
    endpoints(2);
    std::map<std::string, int> counts;
    for (int i = 0; i < 200; ++i) {
        Lease lease = pick();
        const bool bad = lease.endpoint() == "10.0.0.1:80";
        loop.advance(bad ? 1ms : 20ms);
        exchange(lease);
        settle(lease, bad ? Verdict::failure : Verdict::success);
        ++counts[std::string{lease.endpoint()}];
    }
    EXPECT_LT(counts["10.0.0.1:80"], 5);
}

TEST_F(ManyEndpoints, a_connection_that_takes_too_long_is_a_failed_one) {
    endpoints(1);
    server(0).takes = 1h;
    std::optional<Result<Lease>> picked;
    tasks.spawn(picking(picked, Reuse::allowed, {after(loop.clock().now(), 60s), nullptr, Reason::timeout}, nullptr));
    loop.advance(5s);
    ASSERT_TRUE(picked.has_value());
    EXPECT_EQ(picked->error().reason, Reason::connect_failed);
    EXPECT_EQ(picked->error().detail, "no connection within outbound.shop.connect_timeout (5s)");
    EXPECT_EQ(at(0).standing().failures_in_a_row, 1u);
    EXPECT_EQ(at(0).in_flight(), 0u);
}

TEST_F(ManyEndpoints, how_long_connecting_may_take_is_a_setting) {
    make({.outlier = {}, .breaker = std::nullopt, .connect_timeout = 20ms, .setting = "outbound.shop"});
    endpoints(1);
    server(0).takes = 1h;
    std::optional<Result<Lease>> picked;
    tasks.spawn(picking(picked, Reuse::allowed, {}, nullptr));
    loop.advance(19ms);
    EXPECT_FALSE(picked.has_value());
    loop.advance(1ms);
    ASSERT_TRUE(picked.has_value());
    EXPECT_EQ(picked->error().detail, "no connection within outbound.shop.connect_timeout (20ms)");
}

TEST_F(ManyEndpoints, without_panic_nobody_is_called_while_all_are_ejected_and_the_refusal_names_the_setting) {
    make({.outlier = {.consecutive = 1, .eject_for = 30s, .max_ejected = 100_percent, .panic = 100_percent},
          .breaker = std::nullopt,
          .setting = "outbound.shop"});
    endpoints(2);
    for (int i = 0; i < 2; ++i) call(Verdict::failure);
    loop.advance(10s);
    Result<Lease> refused = try_pick();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, Reason::no_endpoints);
    EXPECT_EQ(refused.error().detail,
              "all endpoints are ejected, by outbound.shop.outlier (max_ejected: 100%, panic: 100%)");
    EXPECT_EQ(refused.error().retry_after, 20s);
    loop.advance(20s);
    EXPECT_TRUE(try_pick());
    EXPECT_EQ(upstream->panics(), 0u);
}

TEST_F(ManyEndpoints, a_call_that_runs_out_of_time_while_connecting_is_the_endpoints_failure_and_a_caller_who_leaves_is_not) {
    endpoints(1);
    server(0).takes = 1h;
    std::optional<Result<Lease>> late;
    tasks.spawn(picking(late, Reuse::allowed, {after(loop.clock().now(), 1s), nullptr, Reason::attempt_timeout}, nullptr));
    loop.advance(1s);
    EXPECT_EQ(late->error().reason, Reason::attempt_timeout);
    EXPECT_EQ(at(0).standing().failures_in_a_row, 1u);

    Cancel cancel;
    std::optional<Result<Lease>> left;
    tasks.spawn(picking(left, Reuse::allowed, {.cancel = &cancel}, nullptr));
    cancel.cancel(Fault{Reason::caller_left, "gone"});
    loop.run();
    EXPECT_EQ(left->error().reason, Reason::caller_left);
    EXPECT_EQ(at(0).standing().failures_in_a_row, 1u);
    EXPECT_EQ(at(0).in_flight(), 0u);
}

TEST_F(ManyEndpoints, before_the_endpoints_are_known_calls_wait_and_then_all_go) {
    std::vector<std::optional<Result<Lease>>> picked(3);
    for (auto& one : picked) tasks.spawn(picking(one, Reuse::allowed, {}, nullptr));
    loop.advance(1s);
    EXPECT_FALSE(picked[0].has_value());
    endpoints(1);
    for (auto& one : picked) EXPECT_TRUE(one && *one);
    EXPECT_EQ(at(0).in_flight(), 3u);
    picked.clear();
}

TEST_F(ManyEndpoints, who_waits_for_the_endpoints_for_too_long_is_told_that_the_name_is_not_resolved) {
    std::optional<Result<Lease>> picked;
    tasks.spawn(picking(picked, Reuse::allowed, {after(loop.clock().now(), 1s), nullptr, Reason::timeout}, nullptr));
    Cancel cancel;
    std::optional<Result<Lease>> left;
    tasks.spawn(picking(left, Reuse::allowed, {.cancel = &cancel}, nullptr));
    cancel.cancel(Fault{Reason::caller_left, "gone"});
    loop.advance(1s);
    EXPECT_EQ(picked->error().reason, Reason::dns_failed);
    EXPECT_EQ(left->error().reason, Reason::caller_left);
    endpoints(1);   // nobody waits any more
}

TEST_F(ManyEndpoints, where_there_is_none_calls_are_told_why) {
    auto none = std::make_shared<EndpointList>();
    endpoints(none);
    EXPECT_EQ(try_pick().error().reason, Reason::no_endpoints);
    auto unresolved = std::make_shared<EndpointList>();
    unresolved->why_none = {Reason::dns_failed, "the name does not exist"};
    endpoints(unresolved);
    EXPECT_EQ(try_pick().error(), (Fault{Reason::dns_failed, "the name does not exist"}));
}

TEST_F(ManyEndpoints, an_endpoint_that_is_no_more_gets_no_calls_and_its_idle_connections_are_closed) {
    endpoints(2);
    (void)calls(2);
    const auto before = list;
    auto after = std::make_shared<EndpointList>();
    after->all = {before->all[1]};
    Lease running = pick();
    Lease other = pick();
    Lease& on_first = running.endpoint() == "10.0.0.1:80" ? running : other;
    Lease& on_second = running.endpoint() == "10.0.0.1:80" ? other : running;
    endpoints(after);
    EXPECT_TRUE(server(0).peers[0].connected()) << "a call runs on it";
    exchange(on_first);
    exchange(on_second);
    EXPECT_EQ(on_first.endpoint(), "10.0.0.1:80");
    on_first = Lease{};
    on_second = Lease{};
    EXPECT_FALSE(server(0).peers[0].connected());
    EXPECT_TRUE(server(1).peers[0].connected());
    EXPECT_EQ(calls(10).size(), 1u);
    EXPECT_EQ(before->all[0].use_count(), 1) << "only the test remembers it";
}

TEST_F(ManyEndpoints, one_that_stays_keeps_its_connections_and_its_standing) {
    endpoints(2);
    (void)calls(4);
    call(Verdict::failure);
    auto grown = std::make_shared<EndpointList>(*list);
    grown->all.insert(grown->all.begin(), std::make_shared<Endpoint>(EndpointId{9}, address_ending(9)));
    endpoints(grown);
    EXPECT_EQ(at(1).standing().failures_in_a_row + at(2).standing().failures_in_a_row, 1u);
    (void)calls(9);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(server(i).peers.size(), 1u);
}

TEST_F(ManyEndpoints, all_are_down_and_each_call_is_told_what_stopped_it) {
    make({.balance = BalanceMethod::least_request, .outlier = {}, .breaker = resilience::Breaker{}});
    endpoints(3);
    for (std::size_t i = 0; i < 3; ++i) server(i).refuses = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    int failed = 0;
    int refused = 0;
    for (int i = 0; i < 100; ++i) {
        const Result<Lease> lease = try_pick();
        ASSERT_FALSE(lease);
        failed += lease.error().reason == Reason::connect_failed;
        refused += lease.error().reason == Reason::circuit_open;
    }
    EXPECT_EQ(failed, 20) << "the breaker's min_calls";
    EXPECT_EQ(refused, 80);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(at(i).in_flight(), 0u);
    for (std::size_t i = 0; i < 3; ++i) server(i).refuses.reset();
    loop.advance(6s);
    for (int i = 0; i < 3; ++i) call();
    EXPECT_EQ(upstream->breaker()->state(), resilience::CircuitState::closed);
}

TEST_F(ManyEndpoints, a_breaker_that_refuses_gives_no_place_away) {
    make({.balance = BalanceMethod::least_request, .outlier = {}, .breaker = resilience::Breaker{}});
    endpoints(1);
    upstream->breaker()->force_open(loop.clock().now());
    EXPECT_EQ(try_pick().error().reason, Reason::circuit_open);
    EXPECT_EQ(at(0).in_flight(), 0u);
}

// A worker with a loop and endpoints of its own, which calls as fast as it can.
class CallingWorker {
public:
    CallingWorker(Upstream& upstream, std::uint64_t seed)
        : worker_{loop.scheduler(), Rng{seed}, {}, {}}, cluster_{worker_, upstream, dial(), limits_, {}} {}
    ~CallingWorker() { loop.run(); }
    void update(std::shared_ptr<const EndpointList> list) {
        post(loop, [this, list = std::move(list)] { cluster_.update(list); });
    }
    void call(int times) {
        for (int i = 0; i < times; ++i) {
            loop.run();
            loop.advance(1ms);
            tasks_.spawn(one(i % 3 == 0 ? Verdict::failure : Verdict::success));
        }
        loop.run();
    }

    ManualLoop loop;

private:
    Cluster::Dial dial() {
        return [this](const Endpoint&) { return std::make_unique<MemoryConnector>(loop.scheduler(), peers_); };
    }
    Task<void> one(Verdict verdict) {
        Tried tried;
        Result<Lease> lease = co_await cluster_.pick(Cluster::Reuse::allowed, {}, &tried);
        if (lease) lease->settle(verdict, loop.clock().now());
    }

    std::deque<net::Peer> peers_;
    http1::HeadLimits limits_;
    net::Worker worker_;
    Cluster cluster_;
    TaskGroup tasks_;
};

// For the thread sanitizer, above all.
TEST(ManyWorkers, share_an_upstream_whose_endpoints_change) {
    for (const BalanceMethod method : {BalanceMethod::round_robin, BalanceMethod::least_request, BalanceMethod::ewma}) {
        Upstream upstream{"shop", {.balance = method, .outlier = {.consecutive = 2, .eject_for = 100ms}}};
        std::deque<CallingWorker> workers;
        for (std::uint64_t w = 0; w < 3; ++w) workers.emplace_back(upstream, w);
        const auto all = some_endpoints(6);
        std::vector<std::thread> threads;
        for (CallingWorker& worker : workers) threads.emplace_back([&worker] { worker.call(300); });
        for (std::size_t round = 0; round < 50; ++round) {
            auto list = std::make_shared<EndpointList>(*all);
            list->all.erase(list->all.begin() + static_cast<std::ptrdiff_t>(round % 6));
            upstream.set_endpoints(list);
            for (CallingWorker& worker : workers) worker.update(list);
            (void)upstream.report(Instant{1h});
        }
        for (std::thread& thread : threads) thread.join();
        workers.clear();
        for (const auto& endpoint : all->all) EXPECT_EQ(endpoint->in_flight(), 0u);
    }
}

}   // namespace
}   // namespace outrigger::upstream
