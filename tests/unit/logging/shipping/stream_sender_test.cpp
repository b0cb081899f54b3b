// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/stream_sender.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "tests/unit/logging/shipping/loopback_server.hpp"

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;
using Kind = Outcome::Kind;

const Destination plain{.protocol = Protocol::logstash_tcp};

Parcel parcel_of(std::int64_t batch, std::size_t bytes = 10) {
    return {.batch = batch, .records = 1, .lines = std::string(bytes - 1, 'x') + '\n'};
}
Instant now() { return SystemClock{}.now(); }

TEST(StreamSender, a_parcel_is_delivered_once_the_peer_has_it_and_the_connection_has_lived_on) {
    const LoopbackServer server{[](int fd) { read_to_end(fd); }};
    Transfers transfers;
    StreamSender sender{transfers, plain, server.host(), {.settle = 30ms}};
    const Instant begin = now();
    sender.send(parcel_of(1), begin);
    EXPECT_FALSE(sender.ready());
    const auto ended = turn(transfers, sender, 1);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, Kind::delivered) << ended[0].detail;
    EXPECT_EQ(ended[0].parcel.batch, 1);
    EXPECT_GE(now() - begin, 30ms);
    EXPECT_TRUE(sender.ready());
}

TEST(StreamSender, the_peer_gets_every_byte_in_order) {
    std::promise<std::string> received;
    const LoopbackServer server{[&](int fd) { received.set_value(read_to_end(fd)); }};
    Transfers transfers;
    StreamSender sender{transfers, plain, server.host(), {}};
    std::string all;
    std::vector<Outcome> ended;
    for (int i = 1; i <= 20; ++i) {
        Parcel parcel{.batch = i, .records = 1, .lines = std::string(300'000, static_cast<char>('a' + i)) + '\n'};
        all += parcel.lines;
        sender.send(std::move(parcel), now());
        while (!sender.ready()) turn(transfers, sender, 1, 10ms);
    }
    sender.finish(now());
    for (const Outcome& outcome : turn(transfers, sender, 20)) EXPECT_EQ(outcome.kind, Kind::delivered);
    EXPECT_EQ(received.get_future().get(), all);
}

TEST(StreamSender, a_peer_that_closes_in_turn_settles_all_at_once) {
    const LoopbackServer server{[](int fd) { read_to_end(fd); }};
    Transfers transfers;
    StreamSender sender{transfers, plain, server.host(), {.settle = 1h}};
    sender.send(parcel_of(1), now());
    sender.finish(now());
    const auto ended = turn(transfers, sender, 1);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, Kind::delivered);
}

TEST(StreamSender, what_follows_settles_what_was_before) {
    const LoopbackServer server{[](int fd) { read_to_end(fd); }};
    Transfers transfers;
    StreamSender sender{transfers, plain, server.host(), {.settle = 1h, .settle_after = Bytes{1000}}};
    sender.send(parcel_of(1, 1000), now());
    EXPECT_TRUE(turn(transfers, sender, 1, 50ms).empty());
    sender.send(parcel_of(2, 1000), now());
    const auto ended = turn(transfers, sender, 1);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].parcel.batch, 1);
}

TEST(StreamSender, no_more_is_unsettled_than_may_be) {
    const LoopbackServer server;   // reads nothing, but its kernel does
    Transfers transfers;
    StreamSender sender{transfers, plain, server.host(), {.settle = 1h, .settle_after = Bytes{1'000'000}}};
    std::size_t sent = 0;
    for (; sent < 100 && sender.ready(); ++sent) {
        sender.send(parcel_of(static_cast<std::int64_t>(sent), 500'000), now());
        turn(transfers, sender, 100, 30ms);
    }
    EXPECT_LT(sent, 12U);
}

TEST(StreamSender, a_connection_that_breaks_loses_all_that_is_not_settled) {
    std::atomic<int> connections{0};
    const LoopbackServer server{[&](int fd) {
        if (++connections > 1) return static_cast<void>(read_to_end(fd));
        char c[20];
        (void)!::recv(fd, c, sizeof c, MSG_WAITALL);   // and closes
    }};
    Transfers transfers;
    StreamSender sender{transfers, plain, server.host(), {.settle = 1h}};
    sender.send(parcel_of(1), now());
    EXPECT_TRUE(turn(transfers, sender, 1, 20ms).empty());
    sender.send(parcel_of(2), now());
    auto ended = turn(transfers, sender, 1);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, Kind::lost);
    EXPECT_EQ(ended[0].detail, "the receiver has closed the connection");
    EXPECT_TRUE(sender.ready());
    sender.send(parcel_of(1), now());
    sender.finish(now());
    ended = turn(transfers, sender, 1);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, Kind::delivered);
}

TEST(StreamSender, nobody_is_told_of_a_connection_that_ends_while_nothing_is_under_way) {
    const LoopbackServer server{[](int fd) {
        char c[10];
        (void)!::recv(fd, c, sizeof c, MSG_WAITALL);
        timeval wait{.tv_sec = 0, .tv_usec = 100'000};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        (void)!::recv(fd, c, 1, 0);
    }};
    Transfers transfers;
    StreamSender sender{transfers, plain, server.host(), {.settle = 10ms}};
    for (int i = 0; i < 2; ++i) {
        sender.send(parcel_of(i), now());
        EXPECT_EQ(turn(transfers, sender, 1).size(), 1U);
        EXPECT_TRUE(turn(transfers, sender, 1, 200ms).empty());
    }
}

TEST(StreamSender, who_is_not_there_loses_what_was_to_be_sent) {
    Transfers transfers;
    StreamSender sender{transfers, plain, dead_host(), {}};
    sender.send(parcel_of(1), now());
    const auto ended = turn(transfers, sender, 1);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, Kind::lost);
    EXPECT_NE(ended[0].detail, "");
}

TEST(StreamSender, a_peer_that_takes_nothing_is_given_up_and_settles_nothing_meanwhile) {
    const LoopbackServer server;
    Transfers transfers;
    StreamSender sender{transfers, plain, server.host(), {.timeout = 300ms, .settle = 200ms}};
    sender.send(parcel_of(1, 30'000'000), now());   // more than both kernels hold
    const auto ended = turn(transfers, sender, 1);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].kind, Kind::lost);
    EXPECT_EQ(ended[0].detail, "the receiver takes nothing");
}

}   // namespace
}   // namespace outrigger::logging
