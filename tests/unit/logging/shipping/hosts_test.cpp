// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/hosts.hpp"

#include <gtest/gtest.h>

namespace outrigger::logging {
namespace {

TEST(Hosts, each_gets_a_sender_and_a_name_without_secrets) {
    Transfers transfers;
    for (const Protocol protocol : {Protocol::logstash_http, Protocol::logstash_tcp, Protocol::elasticsearch}) {
        const Destination to{.protocol = protocol, .user = "u", .password = "secret", .hosts = {{"a", 1}, {"::1", 2}}};
        const auto hosts = hosts_of(to, {}, 64_MiB, transfers);
        ASSERT_EQ(hosts.size(), 2U);
        EXPECT_EQ(hosts[0].name, "a:1");
        EXPECT_EQ(hosts[1].name, "[::1]:2");
        EXPECT_TRUE(hosts[1].sender->ready());
    }
}

TEST(Hosts, stdout_is_one_too) {
    Transfers transfers;
    const auto hosts = hosts_of({}, {}, 64_MiB, transfers);
    ASSERT_EQ(hosts.size(), 1U);
    EXPECT_EQ(hosts[0].name, "stdout");
}

}   // namespace
}   // namespace outrigger::logging
