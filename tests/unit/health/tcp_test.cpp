// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/indicators.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "tests/unit/health/probing.hpp"

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

TEST(Tcp, a_port_that_accepts_is_up_and_its_response_time_is_shown) {
    const Server server;
    EXPECT_EQ(run(tcp("127.0.0.1", server.port())), up());
    EXPECT_TRUE(tcp("127.0.0.1", server.port()).timed);
    EXPECT_EQ(run(tcp("localhost", server.port())), up()) << "another address of the name is tried";
}

TEST(Tcp, a_port_where_nobody_listens_is_down_in_the_words_of_terminus) {
    const std::uint16_t port = dead_port();
    EXPECT_EQ(run(tcp("127.0.0.1", port)), down("connect ECONNREFUSED 127.0.0.1:" + std::to_string(port)));
}

TEST(Tcp, a_connect_that_hangs_ends_at_the_timeout) {
    const Server server;
    std::vector<int> fillers;   // the queue is full: connects hang
    for (int i = 0; i < 40; ++i) {
        fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        (void)::connect(fillers.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    EXPECT_EQ(run(tcp("127.0.0.1", server.port()), 20ms), down("timeout of 20ms exceeded"));
    for (const int filler : fillers) ::close(filler);
}

TEST(Tcp, leaves_no_descriptor_open) {
    const Server server;
    const auto count = [] {
        const std::filesystem::directory_iterator open{"/proc/self/fd"};
        return std::distance(begin(open), end(open));
    };
    const Indicator good = tcp("127.0.0.1", server.port());
    const Indicator bad = tcp("localhost", dead_port());
    (void)run(good);
    (void)run(bad);
    const auto before = count();
    for (int i = 0; i < 20; ++i) {
        (void)run(bad);
        (void)run(tcp("127.0.0.1", dead_port()));
    }
    EXPECT_LT(count(), before + 10) << "but for look-ups that are still ending";
}

TEST(Tcp, refuses_what_is_no_address) {
    EXPECT_THROW((void)tcp("", 80), std::invalid_argument);
    EXPECT_THROW((void)tcp("a", 0), std::invalid_argument);
    EXPECT_THROW((void)unix_socket(""), std::invalid_argument);
    EXPECT_THROW((void)unix_socket(std::string(108, 'a')), std::invalid_argument);
    EXPECT_THROW((void)dns(""), std::invalid_argument);
}

TEST(UnixSocket, one_that_is_not_there_is_down) {
    EXPECT_EQ(run(unix_socket("/nowhere/app.sock")), down("connect ENOENT /nowhere/app.sock"));
}

TEST(Dns, a_name_with_an_address_is_up_and_one_without_is_down) {
    EXPECT_EQ(run(dns("localhost")), up());
    const Outcome outcome = run(dns("no such name"));
    EXPECT_EQ(outcome.status, Status::down);
    EXPECT_TRUE(outcome.message.starts_with("getaddrinfo ")) << outcome.message;
}

}   // namespace
}   // namespace outrigger::health
