// SPDX-License-Identifier: Apache-2.0
#include "health/lookup.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include <outrigger/core/manual_clock.hpp>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

Lookup::Answer ask(const std::string& host, std::uint16_t port = 80) {
    const SystemClock clock;
    Lookup lookup{host, port};
    return lookup.ask(Probe{clock, 20s});
}

TEST(Lookup, an_address_is_itself) {
    EXPECT_EQ(ask("127.0.0.1").addresses.at(0).text(), "127.0.0.1:80");
    EXPECT_EQ(ask("::1", 443).addresses.at(0).text(), "::1:443");
    EXPECT_EQ(ask("::1").addresses.at(0).host(), "::1");
}

TEST(Lookup, a_name_of_this_machine_has_addresses) {
    const auto answer = ask("localhost");
    ASSERT_FALSE(answer.addresses.empty()) << answer.failure.message;
    EXPECT_TRUE(answer.addresses[0].host() == "127.0.0.1" || answer.addresses[0].host() == "::1");
}

TEST(Lookup, a_name_that_is_none_is_told_in_the_words_of_node) {
    const auto answer = ask("no such name");
    EXPECT_TRUE(answer.addresses.empty());
    EXPECT_EQ(answer.failure.status, Status::down);
    EXPECT_TRUE(answer.failure.message.starts_with("getaddrinfo ")) << answer.failure.message;
    EXPECT_TRUE(answer.failure.message.ends_with(" no such name"));
}

TEST(Lookup, a_run_without_time_gives_up_and_the_next_one_takes_the_same_answer) {
    const SystemClock clock;
    Lookup lookup{"localhost", 80};
    const auto late = lookup.ask(Probe{clock, 0s});
    if (late.addresses.empty()) {   // the look-up may have been quicker
        EXPECT_EQ(late.failure.message, "timeout of 0ms exceeded");
    }
    EXPECT_FALSE(lookup.ask(Probe{clock, 20s}).addresses.empty());
}

TEST(TryEach, an_address_that_swallows_packets_leaves_time_for_the_next) {
    ManualClock clock;
    const Probe probe{clock, 900ms};
    const Lookup::Answer three{std::vector<FoundAddress>(3), {}};
    std::vector<Duration> shares;
    const auto swallow = [&](const FoundAddress&, const Probe& share) {
        shares.push_back(share.timeout());
        clock.advance(shares.size() == 2 ? 100ms : share.timeout());
        return down("connect ETIMEDOUT");
    };
    EXPECT_EQ(try_each(three, probe, swallow), down("timeout of 900ms exceeded"));
    EXPECT_EQ(shares, (std::vector<Duration>{300ms, 300ms, 500ms}));
}

TEST(TryEach, the_first_that_is_up_is_enough_and_otherwise_the_last_one_says_why) {
    const SystemClock clock;
    const Probe probe{clock, 1h};
    const Lookup::Answer two{std::vector<FoundAddress>(2), down("no name")};
    int tried = 0;
    EXPECT_EQ(try_each(two, probe, [&](auto&, auto&) { return ++tried, up(); }), up());
    EXPECT_EQ(tried, 1);
    EXPECT_EQ(try_each(two, probe, [&](auto&, auto&) { return down(std::to_string(++tried)); }), down("3"));
    EXPECT_EQ(try_each({{}, down("no name")}, probe, [](auto&, auto&) { return up(); }), down("no name"));
}

}   // namespace
}   // namespace outrigger::health
