// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/url.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace outrigger::config {
namespace {

TEST(HttpUrl, has_scheme_host_port_and_path) {
    const auto url = HttpUrl::parse("HTTPS://user:pw@Users.example:8443/v2/x?a=b");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "https");
    EXPECT_EQ(url->userinfo, "user:pw");
    EXPECT_EQ(url->host, "Users.example");
    EXPECT_EQ(url->port, 8443);
    EXPECT_EQ(url->path, "/v2/x?a=b");
}

TEST(HttpUrl, without_a_port_it_has_that_of_its_scheme) {
    EXPECT_EQ(HttpUrl::parse("http://users")->port, 80);
    EXPECT_EQ(HttpUrl::parse("https://users/")->port, 443);
    EXPECT_EQ(HttpUrl::parse("http://[::1]")->port, 80);
    EXPECT_EQ(HttpUrl::parse("http://[::1]")->host, "::1");
}

TEST(HttpUrl, the_authority_leaves_out_the_port_of_the_scheme) {
    EXPECT_EQ(HttpUrl::parse("http://users:80")->authority(), "users");
    EXPECT_EQ(HttpUrl::parse("http://users:8080/x")->authority(), "users:8080");
    EXPECT_EQ(HttpUrl::parse("https://[::1]:80")->authority(), "[::1]:80");
}

TEST(HttpUrl, everything_else_is_refused) {
    for (const std::string_view text :
         {"", "users", "users:8080", "ftp://users", "http:/users", "http://", "http:///x", "http://:80",
          "http://users:0", "http://users:65536", "http://users:x", "http://us ers", "http://users/#part",
          "http://users/\"x\"", "http://a@b@c", "http://users/{id}", "http://1.2.3.444", "http://caf\xC3\xA9",
          "unix:/x"})
        EXPECT_FALSE(HttpUrl::parse(text)) << '\'' << text << '\'';
}

TEST(HttpUrl, is_printed_with_its_port) {
    EXPECT_EQ(HttpUrl::parse("http://users/x?y=z")->to_text(), "http://users:80/x?y=z");
    EXPECT_EQ(HttpUrl::parse("http://u:p@users:81")->to_text(), "http://u:p@users:81");
}

TEST(Url, a_printed_url_hides_what_may_be_secret) {
    EXPECT_EQ(HttpUrl::parse("http://u:p@users/x?a=b&api_key=c&d")->redacted(),
              "http://u:***@users:80/x?a=b&api_key=***&d");
    EXPECT_EQ(HttpUrl::parse("http://token@users/")->redacted(), "http://***@users:80/");
    EXPECT_EQ(HttpUrl::parse("http://u:@users/?token=")->redacted(), "http://u:@users:80/?token=");
    EXPECT_EQ(HttpUrl::parse("http://users/x?a=b")->redacted(), "http://users:80/x?a=b");
}

TEST(Url, a_redacted_url_is_still_a_url) {
    EXPECT_TRUE(HttpUrl::parse(HttpUrl::parse("http://u:p@users/?password=x")->redacted()));
    EXPECT_TRUE(RedisUrl::parse(RedisUrl::parse("redis://:p@cache")->redacted()));
}

TEST(AppUrl, may_be_a_port_an_address_or_a_url) {
    const AppUrl expected{{.scheme = "http", .userinfo = {}, .host = "127.0.0.1", .port = 3000, .path = {}}};
    EXPECT_EQ(AppUrl::parse("3000"), expected);
    EXPECT_EQ(AppUrl::parse("127.0.0.1:3000"), expected);
    EXPECT_EQ(AppUrl::parse("http://127.0.0.1:3000"), expected);
    EXPECT_EQ(AppUrl::parse("http://127.0.0.1:3000/"), expected);
    EXPECT_EQ(AppUrl::parse("https://app")->port, 443);
    EXPECT_EQ(AppUrl::parse("app:3000")->host, "app");
}

TEST(AppUrl, may_be_a_unix_socket) {
    const auto url = AppUrl::parse("unix:/run/app.sock");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "unix");
    EXPECT_EQ(url->path, "/run/app.sock");
    EXPECT_EQ(url->to_text(), "unix:/run/app.sock");
}

TEST(AppUrl, takes_no_path_no_user_and_no_port_zero) {
    for (const std::string_view text :
         {"", "0", "65536", "123456", ":3000", "app", "http://app:3000/x", "http://u@app:3000",
          "http://app?x", "unix:run/app.sock", "unix:", "3000.0", "-1", "redis://app"})
        EXPECT_FALSE(AppUrl::parse(text)) << '\'' << text << '\'';
}

TEST(RedisUrl, has_the_port_of_redis) {
    EXPECT_EQ(RedisUrl::parse("redis://:secret@cache/2")->port, 6379);
    EXPECT_EQ(RedisUrl::parse("rediss://cache")->port, 6379);
    EXPECT_FALSE(RedisUrl::parse("http://cache"));
}

TEST(ShipUrl, stdout_may_be_written_with_and_without_its_colon) {
    EXPECT_EQ(ShipUrl::parse("stdout"), ShipUrl::parse("stdout:"));
    EXPECT_EQ(ShipUrl::parse("stdout")->to_text(), "stdout:");
}

TEST(ShipUrl, names_a_protocol_and_a_place) {
    EXPECT_EQ(ShipUrl::parse("logstash+http://logstash:8080")->hosts.front().port, 8080);
    EXPECT_EQ(ShipUrl::parse("elasticsearch+https://elastic")->hosts.front().port, 9200);
    EXPECT_EQ(ShipUrl::parse("beats+tls://logstash")->hosts.front().port, 5044);
    EXPECT_TRUE(ShipUrl::parse("logstash+tcp://logstash:5000"));
    EXPECT_TRUE(ShipUrl::parse("LOGSTASH+TLS://logstash:5000"));
    for (const std::string_view text :
         {"", "stdout:/x", "http://logstash", "logstash://x", "logstash+tcp://no-port", "kafka://x", "logstash+tls://x"})
        EXPECT_FALSE(ShipUrl::parse(text)) << '\'' << text << '\'';
}

TEST(ShipUrl, names_hosts_that_stand_in_for_each_other) {
    const ShipUrl url = ShipUrl::parse("elasticsearch+http://me:secret@a,b:9201,[::1]/logs-app").value();
    EXPECT_EQ(url.to_text(), "elasticsearch+http://me:secret@a:9200,b:9201,[::1]:9200/logs-app");
    EXPECT_EQ(url.redacted(), "elasticsearch+http://me:***@a:9200,b:9201,[::1]:9200/logs-app");
    EXPECT_EQ(ShipUrl::parse(url.to_text()), url);
    for (const std::string_view text : {"logstash+tcp://a:1,", "logstash+tcp://,a:1", "logstash+tcp://a:1,u@b:1",
                                        "logstash+tcp://a:1, b:1", "logstash+tcp://a:1,b"})
        EXPECT_FALSE(ShipUrl::parse(text)) << '\'' << text << '\'';
}

TEST(Secrets, are_recognised_by_the_name_of_their_key) {
    for (const std::string_view name :
         {"password", "PGPASSWORD", "access_token", "apiKey", "Authorization", "client_secret"})
        EXPECT_TRUE(names_secret(name)) << name;
    for (const std::string_view name : {"user", "host", "dbname", "sslmode"})
        EXPECT_FALSE(names_secret(name)) << name;
}

}   // namespace
}   // namespace outrigger::config
