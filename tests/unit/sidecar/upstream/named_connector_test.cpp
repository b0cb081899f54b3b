// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/named_connector.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;
using Addresses = Result<std::vector<net::SocketAddress>>;

class NamedConnecting : public net::RealLoop {
protected:
    // One connection after the other; the last may take long.
    Task<void> connect(NamedConnector& connector, int times, Duration patience) {
        for (int i = 1; i <= times; ++i) {
            const Wait wait = i == times ? soon() : Wait{after(clock.now(), patience)};
            outcomes.push_back(co_await connector.connect(wait));
            if (i == times - 1) release.set_value();
        }
    }

    std::promise<void> release;   // before the last
    std::vector<Result<std::unique_ptr<net::Stream>>> outcomes;
    net::Fd listening{std::move(*net::listen_on(net::resolve("127.0.0.1", 0).value().front(), false))};
    net::SocketAddress listener = net::local_address(listening.number());
};

TEST_F(NamedConnecting, looks_the_name_up_for_each_connection) {
    auto asked = std::make_shared<std::atomic<int>>(0);
    NamedConnector connector{
        loop, "shop:80", "shop", 80, [asked, at = listener](const std::string& host, std::uint16_t port) {
            const bool known = ++*asked > 1 && host == "shop" && port == 80;
            return known ? Addresses{std::vector{at}} : Addresses{Fault{Reason::dns_failed, "unknown"}};
        }};
    run(connect(connector, 2, 5s));
    ASSERT_FALSE(outcomes[0]);
    EXPECT_EQ(outcomes[0].error().reason, Reason::dns_failed);
    EXPECT_EQ(outcomes[0].error().detail, "unknown");
    EXPECT_TRUE(outcomes[1]);
    EXPECT_EQ(connector.name(), "shop:80");
}

TEST_F(NamedConnecting, a_number_needs_no_thread) {
    const auto here = std::this_thread::get_id();
    NamedConnector connector{
        loop, "127.0.0.1:80", "127.0.0.1", 80, [here, at = listener](const std::string&, std::uint16_t) {
            return std::this_thread::get_id() == here ? Addresses{std::vector{at}}
                                                      : Addresses{Fault{Reason::dns_failed, "elsewhere"}};
        }};
    run(connect(connector, 1, 5s));
    EXPECT_TRUE(outcomes[0]);
}

TEST_F(NamedConnecting, a_resolver_that_hangs_costs_the_deadline_and_no_second_thread) {
    auto asked = std::make_shared<std::atomic<int>>(0);
    NamedConnector connector{
        loop, "shop:80", "shop", 80,
        [asked, at = listener, released = release.get_future().share()](const std::string&, std::uint16_t) {
            ++*asked;
            released.wait();
            return Addresses{std::vector{at}};
        }};
    run(connect(connector, 3, 20ms));
    ASSERT_FALSE(outcomes[0] || outcomes[1]);
    EXPECT_EQ(outcomes[0].error().reason, Reason::timeout);
    EXPECT_TRUE(outcomes[2]);
    EXPECT_EQ(*asked, 1);
}

}   // namespace
}   // namespace outrigger::upstream
