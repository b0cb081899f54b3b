// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/resolving_connector.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/core/refusing_port.hpp"
#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

// One answer after the other.
struct SomeAnswers final : net::Resolver {
    Task<Result<net::NameAnswer>> resolve(std::string host, Wait wait) override {
        asked.push_back(host);
        last_wait = wait;
        Result<net::NameAnswer> answer = says.front();
        says.pop_front();
        co_return std::move(answer);
    }
    std::deque<Result<net::NameAnswer>> says;
    std::vector<std::string> asked;
    Wait last_wait;
};

class Resolving : public net::RealLoop {
protected:
    // One connection for each answer that there is.
    void connect(std::string host, Duration timeout = 5s) {
        connector.emplace(loop, names, host + ":1", host, listener.port(), timeout);
        EXPECT_EQ(connector->name(), host + ":1");
        run(connecting());
    }
    Task<void> connecting() {
        do outcomes.push_back(co_await connector->connect(Wait{after(clock.now(), 1h)}));
        while (!names.says.empty());
    }
    [[nodiscard]] static net::SocketAddress address(const char* text) {
        return net::numeric_address(text, 0).value();
    }

    SomeAnswers names;
    net::Fd listening{std::move(*net::listen_on(net::resolve("127.0.0.1", 0).value().front(), false))};
    net::SocketAddress listener = net::local_address(listening.number());
    std::optional<ResolvingConnector> connector;   // faults point to it
    std::vector<Result<std::unique_ptr<net::Stream>>> outcomes;
};

TEST_F(Resolving, asks_for_each_connection_and_tries_every_address) {
    names.says = {net::NameAnswer{{address("127.0.0.1")}},
                  net::NameAnswer{{address("127.0.0.2"), address("127.0.0.1")}}};
    connect("shop");
    EXPECT_TRUE(outcomes[0]);
    EXPECT_TRUE(outcomes[1]);
    EXPECT_EQ(names.asked, (std::vector<std::string>{"shop", "shop"}));
    EXPECT_LE(names.last_wait.deadline, after(clock.now(), 5s)) << "not the call's hour";
}

TEST_F(Resolving, asks_nobody_for_a_number) {
    connect("127.0.0.1");
    EXPECT_TRUE(outcomes[0]);
    EXPECT_TRUE(names.asked.empty());
}

TEST_F(Resolving, says_why_there_is_no_address) {
    names.says = {net::NameAnswer{{}, {}, "the name does not exist"}, Fault{Reason::dns_failed, "silence"}};
    connect("shop");
    EXPECT_EQ(outcomes[0].error(), (Fault{Reason::dns_failed, "the name does not exist"}));
    EXPECT_EQ(outcomes[1].error(), (Fault{Reason::dns_failed, "silence"}));
}

TEST_F(Resolving, a_caller_who_left_is_no_matter_of_the_name_however_late_it_is) {
    names.says = {Fault{Reason::caller_left, "gone"}, Fault{Reason::dns_failed, "silence"}};
    connect("shop", 0s);
    EXPECT_EQ(outcomes[0].error().reason, Reason::caller_left);
    EXPECT_EQ(outcomes[1].error(), (Fault{Reason::dns_failed, "the name could not be resolved in time"}));
}

// What is sent to a port whose queue is full is dropped, and nobody answers.
TEST_F(Resolving, an_address_that_is_silent_leaves_time_for_the_others) {
    const net::SocketAddress silent = net::resolve("127.0.0.2", listener.port()).value().front();
    const net::Fd full{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::bind(full.number(), silent.raw(), silent.length), 0);
    ASSERT_EQ(::listen(full.number(), 0), 0);
    const net::Fd first{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::connect(first.number(), silent.raw(), silent.length), 0);

    names.says = {net::NameAnswer{{address("127.0.0.2"), address("127.0.0.1")}},
                  net::NameAnswer{{address("127.0.0.2"), address("127.0.0.2")}}};
    connect("shop", 200ms);
    EXPECT_TRUE(outcomes[0]);
    EXPECT_EQ(outcomes[1].error(), (Fault{Reason::connect_failed, "no connection within 200ms"}));
}

TEST_F(Resolving, says_why_there_is_no_connection) {
    const RefusingPort nobody;
    listener = net::numeric_address("127.0.0.1", nobody.number()).value();
    names.says = {net::NameAnswer{{address("127.0.0.1")}}};
    connect("shop");
    EXPECT_EQ(outcomes[0].error().reason, Reason::connect_failed);
}

}   // namespace
}   // namespace outrigger::upstream
