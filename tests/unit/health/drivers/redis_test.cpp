// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/drivers.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "tests/unit/health/probing.hpp"

// With servers of a few bytes; tests/system has the real one.
namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

constexpr const char* ping = "*1\r\n$4\r\nPING\r\n";

Outcome answered(const std::string& answer) {
    const Server server{answering(ping, answer)};
    return run(redis("redis://" + server.address()));
}

TEST(Redis, is_up_when_ping_is_answered) {
    EXPECT_EQ(answered("+PONG\r\n"), up());
    EXPECT_TRUE(redis("redis://a").timed);
}

TEST(Redis, an_error_is_its_message) {
    EXPECT_EQ(answered("-NOAUTH Authentication required.\r\n"), down("NOAUTH Authentication required."));
    EXPECT_EQ(answered("-LOADING Redis is loading the dataset in memory\r\n"),
              down("LOADING Redis is loading the dataset in memory"));
}

TEST(Redis, authenticates_first) {
    std::string heard;
    {
        const Server server{[&](int fd) {
            heard = read_until(fd, "p%ss\r\n");
            write_all(fd, "+OK\r\n");
            heard += read_until(fd, ping);
            write_all(fd, "+PO");
            write_all(fd, "NG\r\n");
        }};
        EXPECT_EQ(run(redis("redis://me:p%25ss@" + server.address())), up());
    }
    EXPECT_EQ(heard, "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$4\r\np%ss\r\n*1\r\n$4\r\nPING\r\n");
    const Server refusing{
        answering("x\r\n", "-WRONGPASS invalid username-password pair or user is disabled.\r\n")};
    EXPECT_EQ(run(redis("redis://:x@" + refusing.address())),
              down("WRONGPASS invalid username-password pair or user is disabled."));
}

TEST(Redis, what_is_no_redis_is_down) {
    EXPECT_EQ(answered("HTTP/1.1 400 Bad Request\r\n\r\n"),
              down("no answer of Redis: HTTP/1.1 400 Bad Request"));
    EXPECT_EQ(answered("+" + std::string(5000, 'x')).message.substr(0, 20), "no answer of Redis: ");
    EXPECT_EQ(answered("+HELLO\r\n"), down("no answer of Redis: +HELLO"));
    EXPECT_EQ(answered("+PO"), down("the connection was closed"));
}

TEST(Redis, nobody_and_silence) {
    const std::uint16_t port = dead_port();
    EXPECT_EQ(run(redis("redis://127.0.0.1:" + std::to_string(port))),
              down("connect ECONNREFUSED 127.0.0.1:" + std::to_string(port)));
    const Server silent;
    EXPECT_EQ(run(redis("redis://" + silent.address()), 50ms), down("timeout of 50ms exceeded"));
    EXPECT_EQ(run(redis("rediss://" + silent.address()), 50ms), down("timeout of 50ms exceeded"));
}

TEST(Redis, refuses_what_is_no_url) {
    for (const char* url : {"", "localhost:6379", "http://a", "redis://", "redis://a:0"})
        EXPECT_THROW((void)redis(url), std::invalid_argument) << url;
}

}   // namespace
}   // namespace outrigger::health
