// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/resolving_connector.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
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
    void connect(std::string host) {
        ResolvingConnector connector{loop, names, host + ":1", host, listener.port(), 5s};
        EXPECT_EQ(connector.name(), host + ":1");
        run(connecting(connector));
    }
    Task<void> connecting(ResolvingConnector& connector) {
        do outcomes.push_back(co_await connector.connect(Wait{after(clock.now(), 1h)}));
        while (!names.says.empty());
    }
    [[nodiscard]] static net::SocketAddress address(const char* text) {
        return net::numeric_address(text, 0).value();
    }

    SomeAnswers names;
    net::Fd listening{std::move(*net::listen_on(net::resolve("127.0.0.1", 0).value().front(), false))};
    net::SocketAddress listener = net::local_address(listening.number());
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

TEST_F(Resolving, says_why_there_is_no_connection) {
    const RefusingPort nobody;
    listener = net::numeric_address("127.0.0.1", nobody.number()).value();
    names.says = {net::NameAnswer{{address("127.0.0.1")}}};
    connect("shop");
    EXPECT_EQ(outcomes[0].error().reason, Reason::connect_failed);
}

}   // namespace
}   // namespace outrigger::upstream
