// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/destination.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outrigger::logging {
namespace {

using ::testing::HasSubstr;

Destination parsed(std::string_view text) {
    std::string fault;
    auto found = parse_destination(text, fault);
    EXPECT_TRUE(found) << fault;
    return found.value_or(Destination{});
}
std::string fault_of(std::string_view text) {
    std::string fault;
    EXPECT_FALSE(parse_destination(text, fault)) << text;
    return fault;
}

TEST(Destination, knows_protocols_ports_and_paths) {
    EXPECT_EQ(parsed("stdout:").protocol, Protocol::standard_output);
    EXPECT_EQ(parsed("logstash+http://a"), (Destination{.protocol = Protocol::logstash_http, .hosts = {{"a", 80}}}));
    EXPECT_EQ(
        parsed("LOGSTASH+HTTPS://a/in?x=1"),
        (Destination{.protocol = Protocol::logstash_http, .tls = true, .hosts = {{"a", 443}}, .path = "/in?x=1"}));
    EXPECT_EQ(parsed("logstash+tls://[::1]:5000").hosts[0], (Destination::Host{"::1", 5000}));
    EXPECT_EQ(parsed("elasticsearch+https://e/logs-shop-default").path, "/logs-shop-default");
    EXPECT_EQ(parsed("elasticsearch+http://e/").path, "");
}

TEST(Destination, several_hosts_stand_in_for_each_other) {
    const auto hosts = parsed("logstash+http://a:1,b,[::1]:3/in").hosts;
    ASSERT_EQ(hosts.size(), 3U);
    EXPECT_EQ(hosts[0].to_text(), "a:1");
    EXPECT_EQ(hosts[1].to_text(), "b:80");
    EXPECT_EQ(hosts[2].to_text(), "[::1]:3");
}

TEST(Destination, user_and_password_are_decoded) {
    const auto to = parsed("elasticsearch+http://u%40x:p%3A%25@e:1");
    EXPECT_EQ(to.user, "u@x");
    EXPECT_EQ(to.password, "p:%");
}

TEST(Destination, says_what_was_found_and_what_is_allowed) {
    EXPECT_THAT(fault_of(""), HasSubstr("allowed are stdout:"));
    EXPECT_THAT(fault_of("kafka://x"), HasSubstr("kafka:// is unknown; allowed are stdout:"));
    EXPECT_THAT(fault_of("beats://x:5044"), HasSubstr("not built yet"));
    EXPECT_THAT(fault_of("logstash+tcp://a"), HasSubstr("\"a\" is no host; allowed is HOST:PORT"));
    EXPECT_THAT(fault_of("logstash+tcp://a:1,"), HasSubstr("is no host"));
    EXPECT_THAT(fault_of("logstash+tcp://a:0"), HasSubstr("1 to 65535"));
    EXPECT_THAT(fault_of("logstash+tcp://a:65536"), HasSubstr("1 to 65535"));
    EXPECT_THAT(fault_of("logstash+http://[::1"), HasSubstr("is no host"));
    EXPECT_THAT(fault_of("logstash+tcp://a:1/x"), HasSubstr("takes no path"));
    EXPECT_THAT(fault_of("logstash+tcp://u:p@a:1"), HasSubstr("takes no user"));
    EXPECT_THAT(fault_of("elasticsearch+http://e/a/b"), HasSubstr("one index or data stream"));
    EXPECT_THAT(fault_of("logstash+http://a b"), HasSubstr("no blanks"));
}

TEST(Destination, never_shows_a_password) {
    for (const char* text :
         {"elasticsearch+http://user@e", "elasticsearch+http://u:secret%zz@e", "elasticsearch+http://u:secret@e/a/b",
          "logstash+tcp://u:secret@a:1", "elasticsearch+http://u:secret@e:x",
          "logstash+http:/user:secret@host:80", "user:secret@host://x", "logstash+http://u:secret/b@h:80",
          "logstash+tcp://u:p/secret@h:80", "elasticsearch+http://u:80/secret/a@h:80", "logstash+http://u:secret?b@h"})
        EXPECT_EQ(fault_of(text).find("secret"), std::string::npos) << fault_of(text);
}

}   // namespace
}   // namespace outrigger::logging
