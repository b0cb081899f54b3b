// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/discovery.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <outrigger/core/manual_loop.hpp>

#include "sidecar/net/dns_resolver.hpp"
#include "tests/unit/sidecar/net/dns_server.hpp"
#include "tests/unit/sidecar/net/real_loop.hpp"
#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

// Says what the test has told it to, the last of it again and again.
struct ToldResolver final : net::Resolver {
    explicit ToldResolver(Scheduler& its_scheduler) : scheduler{its_scheduler} {}
    Task<Result<net::NameAnswer>> resolve(std::string host, Wait wait) override {
        asked.push_back(scheduler.now());
        last_host = host;
        if (takes > Duration::zero()) {
            Result<void> paused = co_await Pause{scheduler, takes, wait};
            if (!paused) co_return paused.error();
        }
        Result<net::NameAnswer> answer = says.front();
        if (says.size() > 1) says.pop_front();
        co_return std::move(answer);
    }

    Scheduler& scheduler;
    std::deque<Result<net::NameAnswer>> says;
    Duration takes{};
    std::vector<Instant> asked;
    std::string last_host;
};

net::NameAnswer addresses(std::initializer_list<std::uint8_t> last, Duration ttl = 30s) {
    net::NameAnswer answer;
    for (const std::uint8_t byte : last) answer.addresses.push_back(address_ending(byte, 0));
    answer.ttl = ttl;
    return answer;
}
net::NameAnswer no_such_name() { return {{}, {}, "the name does not exist (NXDOMAIN)"}; }
const Fault servfail{Reason::dns_failed, "the name server failed (SERVFAIL)"};
const Fault silence{Reason::dns_failed, "no name server answered in time"};

std::set<std::string> names(const EndpointList& list) {
    std::set<std::string> found;
    for (const auto& endpoint : list.all) found.insert(endpoint->name());
    return found;
}

struct Told final : DiscoveryObserver {
    void on(const EndpointsChanged& event) noexcept override {
        std::string line = "now " + std::to_string(event.count) + ":";
        for (const auto name : event.joined) line += " +" + std::string{name};
        for (const auto name : event.left) line += " -" + std::string{name};
        lines.push_back(line);
    }
    void on(const NameUnresolved& event) noexcept override {
        lines.push_back(std::string{event.why} + (event.kept ? " (kept)" : ""));
    }
    void on(const NameResolved& event) noexcept override { lines.push_back("resolved " + std::string{event.host}); }
    std::vector<std::string> lines;
};

class DiscoveryTest : public testing::Test {
protected:
    void start(Result<net::NameAnswer> first, Discovery::Settings settings = {.host = "users.test", .port = 80}) {
        resolver.says.push_back(std::move(first));
        discovery.emplace(loop.scheduler(), resolver, std::move(settings), Rng{7},
                          [this](std::shared_ptr<const EndpointList> list) { lists.push_back(std::move(list)); }, &told);
        tasks.spawn(discovery->run(stop));
        loop.run();
    }
    // From now on.
    void say(Result<net::NameAnswer> answer) { resolver.says = {std::move(answer)}; }
    ~DiscoveryTest() override {
        stop.cancel(Fault{Reason::draining, "the test ends"});
        loop.run();
    }
    using Names = std::set<std::string>;
    [[nodiscard]] Names now_there() const { return lists.empty() ? Names{"nothing known"} : names(*lists.back()); }

    ManualLoop loop;
    ToldResolver resolver{loop.scheduler()};
    Cancel stop;
    Told told;
    std::vector<std::shared_ptr<const EndpointList>> lists;
    std::optional<Discovery> discovery;
    TaskGroup tasks;
};

TEST_F(DiscoveryTest, all_addresses_of_the_name_are_endpoints_with_the_port) {
    start(addresses({1, 2, 1}));
    EXPECT_EQ(resolver.last_host, "users.test");
    EXPECT_EQ(now_there(), (Names{"10.0.0.1:80", "10.0.0.2:80"}));
    EXPECT_EQ(lists.back()->all.size(), 2u) << "one that is said twice is one";
    EXPECT_EQ(lists.back()->all[0]->began(true), Instant::min()) << "the first ones have their shares at once";
}

TEST_F(DiscoveryTest, the_name_is_looked_up_again_when_the_answer_expires) {
    start(addresses({1}, 30s));
    loop.advance(30s - 1ns);
    EXPECT_EQ(resolver.asked.size(), 1u);
    loop.advance(1ns);
    EXPECT_EQ(resolver.asked.size(), 2u);
    EXPECT_EQ(lists.size(), 1u) << "nothing has changed";
}

TEST_F(DiscoveryTest, lifetimes_are_kept_within_bounds) {
    start(addresses({1}, 1ns));
    loop.advance(1s);
    EXPECT_EQ(resolver.asked.size(), 2u);
    say(addresses({1}, 48h));
    loop.advance(1s);
    loop.advance(1h);
    EXPECT_EQ(resolver.asked.size(), 4u);
    say(addresses({1}, 0s));
    loop.advance(1h);
    const std::size_t asked = resolver.asked.size();
    loop.advance(50s);
    EXPECT_EQ(resolver.asked.size(), asked + 10) << "no lifetime is five seconds";
}

TEST_F(DiscoveryTest, an_address_that_stays_is_the_same_endpoint_and_a_new_one_begins_slowly) {
    start(addresses({1, 2}));
    const auto kept = lists.back()->all[1];
    say(addresses({3, 2}));
    loop.advance(30s);
    EXPECT_EQ(now_there(), (Names{"10.0.0.2:80", "10.0.0.3:80"}));
    EXPECT_EQ(lists.back()->all[1], kept);
    EXPECT_EQ(lists.back()->all[0]->began(true), loop.clock().now());
    EXPECT_NE(lists.back()->all[0]->id(), kept->id());
    EXPECT_EQ(told.lines.back(), "now 2: +10.0.0.3:80 -10.0.0.1:80");
}

TEST_F(DiscoveryTest, another_order_is_no_change) {
    start(addresses({1, 2}));
    say(addresses({2, 1}));
    loop.advance(5min);
    EXPECT_EQ(lists.size(), 1u);
}

TEST_F(DiscoveryTest, while_the_server_fails_the_last_good_answer_is_kept) {
    start(addresses({1, 2}));
    say(servfail);
    loop.advance(24h);
    EXPECT_EQ(lists.size(), 1u);
    EXPECT_EQ(told.lines.back(), "the name server failed (SERVFAIL) (kept)");
    say(silence);
    loop.advance(1min);
    EXPECT_EQ(told.lines.back(), "no name server answered in time (kept)");
    say(addresses({1, 2}));
    loop.advance(10s);
    EXPECT_EQ(told.lines.back(), "resolved users.test");
    EXPECT_EQ(lists.size(), 1u);
    EXPECT_EQ(told.lines.size(), 4u) << "each is told once";
}

TEST_F(DiscoveryTest, a_server_that_fails_is_asked_at_growing_intervals) {
    start(addresses({1}, 1s));
    say(servfail);
    loop.advance(10min);
    const std::size_t asked = resolver.asked.size();
    EXPECT_GT(asked, 60u) << "at least every ten seconds";
    EXPECT_LT(asked, 130u);
    EXPECT_LE(resolver.asked[2] - resolver.asked[1], 500ms) << "soon again at first";
    for (std::size_t i = 10; i < asked; ++i) EXPECT_GE(resolver.asked[i] - resolver.asked[i - 1], 5s);
}

TEST_F(DiscoveryTest, that_the_name_does_not_exist_is_believed_when_it_was_said_three_times) {
    start(addresses({1}));
    say(no_such_name());
    loop.advance(35s);
    EXPECT_EQ(lists.size(), 1u) << "twice";
    loop.advance(5s);
    ASSERT_EQ(lists.size(), 2u);
    EXPECT_TRUE(lists.back()->all.empty());
    EXPECT_EQ(lists.back()->why_none, (Fault{Reason::dns_failed, "the name does not exist (NXDOMAIN)"}));
    loop.advance(1min);
    EXPECT_EQ(lists.size(), 2u);
    say(addresses({1}));
    loop.advance(5s);
    EXPECT_EQ(now_there(), Names{"10.0.0.1:80"});
    EXPECT_EQ(lists.back()->all[0]->began(true), Instant::min()) << "there is nobody else to do the work";
}

TEST_F(DiscoveryTest, a_short_doubt_changes_nothing) {
    start(addresses({1}));
    say(no_such_name());
    loop.advance(35s);
    say(addresses({1}));
    loop.advance(5s);
    say(no_such_name());
    loop.advance(39s);
    EXPECT_EQ(lists.size(), 1u);
}

TEST_F(DiscoveryTest, a_name_that_never_could_be_looked_up_is_said_to_callers_at_once) {
    start(servfail);
    ASSERT_EQ(lists.size(), 1u);
    EXPECT_EQ(lists.back()->why_none, servfail);
    say(no_such_name());
    loop.advance(1s);
    EXPECT_EQ(lists.back()->why_none.detail, "the name does not exist (NXDOMAIN)");
    say(addresses({1}));
    loop.advance(5s);
    EXPECT_EQ(now_there(), Names{"10.0.0.1:80"});
}

TEST_F(DiscoveryTest, a_look_up_that_takes_too_long_has_failed) {
    resolver.takes = 1h;
    start(addresses({1}));
    EXPECT_TRUE(lists.empty());
    loop.advance(30s);
    ASSERT_EQ(lists.size(), 1u);
    EXPECT_EQ(lists.back()->why_none.reason, Reason::dns_failed);
}

TEST_F(DiscoveryTest, an_address_in_numbers_is_never_looked_up) {
    start(servfail, {.host = "10.1.2.3", .port = 81});
    EXPECT_EQ(now_there(), Names{"10.1.2.3:81"});
    loop.advance(24h);
    EXPECT_TRUE(resolver.asked.empty());
    EXPECT_EQ(tasks.running(), 0u);
}

TEST_F(DiscoveryTest, so_is_an_ipv6_address) {
    start(servfail, {.host = "fd00::7", .port = 81});
    EXPECT_EQ(now_there(), Names{"[fd00::7]:81"});
}

TEST_F(DiscoveryTest, of_too_many_addresses_the_rest_is_left_out) {
    net::NameAnswer many;
    for (unsigned i = 0; i < 2000; ++i) {
        net::SocketAddress address = address_ending(0, 0);
        reinterpret_cast<sockaddr_in&>(address.storage).sin_addr.s_addr = htonl(0x0a000000U + i);
        many.addresses.push_back(address);
    }
    many.ttl = 30s;
    start(many);
    EXPECT_EQ(lists.back()->all.size(), Discovery::endpoints_max);
    std::reverse(many.addresses.begin(), many.addresses.end());
    say(many);
    loop.advance(1min);
    EXPECT_EQ(lists.size(), 1u) << "another order is no other choice";
}

TEST_F(DiscoveryTest, it_ends_when_it_is_told_to_also_in_the_middle_of_a_look_up) {
    resolver.takes = 10s;
    start(addresses({1}));
    stop.cancel(Fault{Reason::draining, "the end"});
    loop.run();
    EXPECT_EQ(tasks.running(), 0u);
    EXPECT_TRUE(lists.empty());
}

// With real sockets: what a name server says reaches the endpoints, and its changes too.
class RealDiscovery : public net::RealLoop {
protected:
    using Type = net::DnsServer::Type;
    Task<void> watching(Discovery& discovery) {
        Child<void> running;
        running.start(discovery.run(stop));
        (void)co_await known.wait(soon());
        server.say("users.test", Type::a, {.addresses = {"127.0.0.2", "127.0.0.3"}, .ttl = 1});
        known.close();
        (void)co_await known.wait(soon());
        stop.cancel(Fault{Reason::draining, "the end"});
        co_await running.join();
    }

    net::DnsServer server;
    net::DnsResolver resolver{loop, {.servers = server.address()}};
    Gate known{loop.scheduler()};
    Cancel stop;
    std::vector<std::shared_ptr<const EndpointList>> lists;
};

TEST_F(RealDiscovery, what_a_name_server_says_becomes_endpoints_and_its_changes_too) {
    server.say("users.test", Type::a, {.addresses = {"127.0.0.1", "127.0.0.2"}, .ttl = 1});
    Discovery discovery{loop.scheduler(), resolver, {.host = "users.test", .port = 80, .ttl_min = 10ms, .ttl_max = 20ms},
                        Rng{7}, [this](std::shared_ptr<const EndpointList> list) {
                            lists.push_back(std::move(list));
                            known.open();
                        }};
    run(watching(discovery));
    ASSERT_EQ(lists.size(), 2u);
    EXPECT_EQ(names(*lists[0]), (std::set<std::string>{"127.0.0.1:80", "127.0.0.2:80"}));
    EXPECT_EQ(names(*lists[1]), (std::set<std::string>{"127.0.0.2:80", "127.0.0.3:80"}));
}

}   // namespace
}   // namespace outrigger::upstream
