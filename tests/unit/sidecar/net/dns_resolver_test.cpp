// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/dns_resolver.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "tests/unit/sidecar/net/dns_server.hpp"
#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::net {
namespace {

using Type = DnsServer::Type;
using Code = DnsServer::Code;

class DnsResolverTest : public RealLoop {
protected:
    // Once in a test, unless it is answered without waiting: the loop runs once.
    Result<NameAnswer> resolve(const std::string& name) { return resolve(name, resolver, soon()); }
    Result<NameAnswer> resolve(const std::string& name, Resolver& by, Wait wait) {
        std::optional<Result<NameAnswer>> answer;
        run(resolving(by, name, wait, answer));
        return answer ? std::move(*answer) : Result<NameAnswer>{Fault{Reason::overloaded, "no answer"}};
    }
    static Task<void> resolving(Resolver& by, std::string name, Wait wait, std::optional<Result<NameAnswer>>& into) {
        into.emplace(co_await by.resolve(std::move(name), wait));
    }
    static std::set<std::string> hosts(const Result<NameAnswer>& answer) {
        std::set<std::string> found;
        std::array<char, INET6_ADDRSTRLEN> buffer;
        EXPECT_TRUE(answer) << (answer ? "" : std::string{answer.error().detail});
        if (answer)
            for (const SocketAddress& address : answer->addresses) found.emplace(address.host(buffer));
        return found;
    }

    DnsServer server;
    DnsResolver resolver{loop, {.servers = server.address(), .first_try = 100ms, .tries = 2, .other_family = 300ms}};
};

TEST_F(DnsResolverTest, all_addresses_of_a_name_are_found) {
    server.say("users.test", Type::a, {.addresses = {"10.1.2.3", "10.1.2.4"}});
    const auto answer = resolve("users.test");
    EXPECT_EQ(hosts(answer), (std::set<std::string>{"10.1.2.3", "10.1.2.4"}));
    EXPECT_EQ(answer->ttl, 60s);
    EXPECT_EQ(answer->addresses[0].port(), 0);
}

TEST_F(DnsResolverTest, ipv6_addresses_are_found_where_there_are_no_others) {
    server.say("six.test", Type::aaaa, {.addresses = {"fd00::1"}, .ttl = 7});
    const auto answer = resolve("six.test");
    EXPECT_EQ(hosts(answer), std::set<std::string>{"fd00::1"});
    EXPECT_EQ(answer->ttl, 7s);
}

TEST_F(DnsResolverTest, both_families_are_found_if_the_machine_has_ways_to_both) {
    const SocketAddress six = *numeric_address("::1", 9);
    const Fd probe{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const bool has_six = probe.valid() && ::connect(probe.number(), six.raw(), six.length) == 0;
    server.say("both.test", Type::a, {.addresses = {"127.0.0.1"}});
    server.say("both.test", Type::aaaa, {.addresses = {"::1"}});
    const std::set<std::string> expected =
        has_six ? std::set<std::string>{"127.0.0.1", "::1"} : std::set<std::string>{"127.0.0.1"};
    EXPECT_EQ(hosts(resolve("both.test")), expected);
}

TEST_F(DnsResolverTest, the_shortest_ttl_counts_aliases_included) {
    server.say("alias.test", Type::a, {.addresses = {"10.0.0.1"}, .ttl = 60, .alias_ttl = 5});
    server.say("short.test", Type::a, {.addresses = {"127.0.0.1"}, .ttl = 60});
    const auto alias = resolve("alias.test");
    EXPECT_EQ(hosts(alias), std::set<std::string>{"10.0.0.1"});
    EXPECT_EQ(alias->ttl, 5s);
}

TEST_F(DnsResolverTest, what_does_not_fit_into_a_datagram_comes_by_tcp) {
    DnsServer::Says says{.truncated = true};
    for (int i = 1; i <= 200; ++i) says.addresses.push_back("10.0.0." + std::to_string(i));
    server.say("many.test", Type::a, says);
    EXPECT_EQ(hosts(resolve("many.test")).size(), 200u);
    EXPECT_EQ(server.asked_by_tcp(), 1);
}

TEST_F(DnsResolverTest, a_second_question_on_an_open_connection_is_asked_too) {
    server.say("large.test", Type::a, {.addresses = {"127.0.0.1"}, .truncated = true});
    server.say("large.test", Type::aaaa, {.addresses = {"::1"}, .truncated = true, .after_tcp = true});
    DnsResolver patient{loop, {.servers = server.address(), .first_try = 2s, .tries = 1}};
    const Instant began = clock.now();
    EXPECT_TRUE(hosts(resolve("large.test", patient, soon())).contains("127.0.0.1"));
    EXPECT_EQ(server.asked_by_tcp(), 2);
    EXPECT_LT(clock.now() - began, 900ms) << "the second family was not waited for in vain";
}

TEST_F(DnsResolverTest, a_name_that_does_not_exist_is_an_answer) {
    const auto answer = resolve("nowhere.test");
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->addresses.empty());
    EXPECT_EQ(answer->none, "the name does not exist (NXDOMAIN)");
}

TEST_F(DnsResolverTest, a_name_without_addresses_is_an_answer) {
    server.say("empty.test", Type::a, {});
    const auto answer = resolve("empty.test");
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->addresses.empty());
    EXPECT_EQ(answer->none, "the name has no address (NODATA)");
}

TEST_F(DnsResolverTest, a_server_that_fails_gives_no_answer) {
    server.say("broken.test", Type::a, {.code = Code::servfail});
    server.say("broken.test", Type::aaaa, {.code = Code::servfail});
    const auto answer = resolve("broken.test");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), (Fault{Reason::dns_failed, "the name server failed (SERVFAIL)"}));
}

TEST_F(DnsResolverTest, a_server_that_refuses_gives_no_answer) {
    server.say("closed.test", Type::a, {.code = Code::refused});
    server.say("closed.test", Type::aaaa, {.code = Code::refused});
    const auto answer = resolve("closed.test");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().detail, "the name server refused to answer (REFUSED)");
}

TEST_F(DnsResolverTest, a_server_that_fails_for_one_family_does_not_say_that_the_name_has_no_address) {
    server.say("half.test", Type::a, {.code = Code::servfail});
    const auto answer = resolve("half.test");
    ASSERT_FALSE(answer) << "IPv6 has none, and IPv4 is not known";
    EXPECT_EQ(answer.error().detail, "the name server failed (SERVFAIL)");
}

TEST_F(DnsResolverTest, a_server_that_says_nothing_is_a_timeout) {
    server.say("silent.test", Type::a, {.silent = true});
    server.say("silent.test", Type::aaaa, {.silent = true});
    const auto answer = resolve("silent.test");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), (Fault{Reason::dns_failed, "no name server answered in time"}));
    EXPECT_EQ(server.asked_by_udp(), 4) << "twice for each family";
}

TEST_F(DnsResolverTest, the_second_family_is_waited_for_only_a_little) {
    server.say("lame.test", Type::a, {.addresses = {"10.0.0.1"}});
    server.say("lame.test", Type::aaaa, {.silent = true});
    DnsResolver patient{loop, {.servers = server.address(), .first_try = 2s, .tries = 2, .other_family = 50ms}};
    const Instant began = clock.now();
    EXPECT_EQ(hosts(resolve("lame.test", patient, soon())), std::set<std::string>{"10.0.0.1"});
    EXPECT_LT(clock.now() - began, 1s);
}

TEST_F(DnsResolverTest, somebody_elses_guess_is_not_believed) {
    server.say("guessed.test", Type::a, {.addresses = {"10.0.0.1"}, .wrong_id_first = true});
    EXPECT_EQ(hosts(resolve("guessed.test")), std::set<std::string>{"10.0.0.1"});
}

TEST_F(DnsResolverTest, localhost_asks_nobody) {
    for (const char* name : {"localhost", "LocalHost", "localhost.", "shop.localhost"}) {
        const auto found = hosts(resolve(name));
        EXPECT_TRUE(found == std::set<std::string>{"127.0.0.1"} || found == std::set<std::string>{"::1"}) << name;
    }
    EXPECT_EQ(server.asked_by_udp(), 0);
}

TEST_F(DnsResolverTest, a_name_that_only_looks_like_localhost_is_asked_for) {
    server.say("localhost.test", Type::a, {.addresses = {"10.0.0.1"}});
    EXPECT_EQ(hosts(resolve("localhost.test")), std::set<std::string>{"10.0.0.1"});
}

TEST_F(DnsResolverTest, nor_does_its_end_suffice) {
    server.say("notlocalhost", Type::a, {.addresses = {"10.0.0.1"}});
    EXPECT_EQ(hosts(resolve("notlocalhost")), std::set<std::string>{"10.0.0.1"});
}

TEST_F(DnsResolverTest, an_address_in_numbers_asks_nobody) {
    EXPECT_EQ(hosts(resolve("10.9.8.7")), std::set<std::string>{"10.9.8.7"});
    EXPECT_EQ(server.asked_by_udp(), 0);
}

TEST_F(DnsResolverTest, what_the_hosts_file_says_is_found) {
    std::ifstream file{"/etc/hosts"};
    std::string line;
    std::string address;
    std::string name;
    while (std::getline(file, line)) {
        std::istringstream words{line.substr(0, line.find('#'))};
        if (words >> address >> name && name.find("local") == std::string::npos && numeric_address(address, 0)) break;
        name.clear();
    }
    if (name.empty()) GTEST_SKIP() << "SKIPPED: /etc/hosts names nobody but localhost";
    EXPECT_TRUE(hosts(resolve(name)).contains(address)) << name;
}

TEST_F(DnsResolverTest, a_name_that_cannot_be_one_is_refused) {
    const auto answer = resolve(std::string(300, 'x') + ".test");
    EXPECT_TRUE(!answer || answer->addresses.empty());
}

TEST_F(DnsResolverTest, it_takes_no_longer_than_the_wait) {
    server.say("silent.test", Type::a, {.silent = true});
    server.say("silent.test", Type::aaaa, {.silent = true});
    DnsResolver patient{loop, {.servers = server.address(), .first_try = 2s, .tries = 3}};
    const auto answer = resolve("silent.test", patient, Wait{after(clock.now(), 50ms)});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason, Reason::timeout);
}

TEST_F(DnsResolverTest, servers_that_make_no_sense_are_said) {
    DnsResolver wrong{loop, {.servers = "not a server"}};
    const auto answer = resolve("users.test", wrong, soon());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason, Reason::dns_failed);
}

}   // namespace
}   // namespace outrigger::net
