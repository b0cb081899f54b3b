// SPDX-License-Identifier: Apache-2.0
#include "health/lookup.hpp"

#include <gtest/gtest.h>

#include <chrono>

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

}   // namespace
}   // namespace outrigger::health
