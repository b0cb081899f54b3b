// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "sidecar/config/load.hpp"

namespace outrigger::config {
namespace {

const Environment no_environment = [](std::string_view) { return std::nullopt; };

Settings loaded(std::string_view yaml) {
    Loaded loaded = load_text(yaml, no_environment);
    for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_line(problem, "given");
    return std::move(loaded.settings);
}
// The printed form loads without a problem and is the same.
void expect_round_trip(const Settings& settings) {
    const std::string printed = print(settings);
    const Loaded back = load_text(printed, no_environment);
    for (const Problem& problem : back.problems)
        ADD_FAILURE() << to_line(problem, "printed") << '\n' << printed;
    EXPECT_EQ(back.settings, settings) << printed;
}

TEST(Print, the_defaults_read_back) { expect_round_trip({}); }

TEST(Print, everything_that_can_be_written_reads_back) {
    expect_round_trip(loaded(R"(
service: "naïve: 'quoted' $${X} #1"
admin: {listen: "[::1]:0", expose: all}
inbound: {listen: ":8081", app: "unix:/run/app.sock", timeout: 1.5s, routes: ["/users/{id}", /a/**], limit: {rate: 10/h, shadow: true}}
outbound:
  defaults: {timeout: 250ms, retry: {per_try_timeout: 100ms}, limit: {concurrent: 3}, balance: {hash: {header: X-User}}}
  proxy: {}
  a: {target: "https://[::1]/prefix", limit: null, timeout: 50ms}
  b: {listen: "127.0.0.1:9", target: "http://b", breaker: {slow_call: 7ms, slow_rate: 33.3%, ramp: 1s}, routes: [{match: "GET /x"}, {match: /y, timeout: 1ms}]}
health:
  ready:
    a: {http: "http://a/health"}
    b: {tcp: "b:1", every: 100ms, timeout: 100ms, optional: true, group: startup}
    c: {redis: "rediss://c/1"}
    d: {postgres: "host=d dbname='x y'"}
    e: {upstream: a}
    f: {disk: /, free: 0.07}
    g: {rss: 123456789, of: self}
logs: {level: error, access: 12.5%, intake: "127.0.0.1:9902", redact: ["*.token", password], ship: {to: "logstash+tcp://l:1", spool: {dir: "/a b", max: 8MiB}}}
journal: {slow: 1ms, keep: 1}
drain: {delay: 0s, timeout: 0s}
workers: 3
metrics: {app: "http://a/metrics", series: 10, push: "https://p"}
limits: {connections: 1, header_bytes: 1KiB, uri_bytes: 256, body_bytes: 1GiB, replay: {request: 0, total: 0}}
)"));
}

TEST(Print, an_access_log_that_keeps_errors_or_none_reads_back) {
    expect_round_trip(loaded("logs: {access: errors}"));
    expect_round_trip(loaded("logs: {access: none}"));
}

TEST(Print, shows_every_default) {
    const std::string printed = print({});
    for (const std::string_view line :
         {"service: app\n", "  listen: 0.0.0.0:9901\n", "  token: \"\"\n", "workers: auto\n",
          "  limit: null\n", "      attempts: 3\n", "  proxy: null\n", "  ready: {}\n",
          "    to: \"stdout:\"\n", "  body_bytes: 0\n"})
        EXPECT_NE(printed.find(line), std::string::npos) << line;
}

constexpr std::string_view with_secrets =
    "admin: {token: secret1}\n"
    "outbound: {a: {listen: ':1', target: 'http://u:secret2@a'}}\n"
    "health: {ready: {r: {redis: 'redis://:secret3@r'}, p: {postgres: 'host=p password=secret4'}}}\n"
    "logs: {ship: {to: 'elasticsearch+https://elastic:secret5@e'}}\n"
    "metrics: {push: 'http://p/?token=secret6'}\n";

TEST(Print, hides_every_secret) {
    const Settings settings = loaded(with_secrets);
    EXPECT_EQ(print(settings).find("secret"), std::string::npos) << print(settings);
    EXPECT_EQ(print_json(settings).find("secret"), std::string::npos);
}

TEST(Print, with_hidden_secrets_still_checks_but_does_not_run) {
    const Loaded back = load_text(print(loaded(with_secrets)), no_environment);
    EXPECT_TRUE(back.problems.empty());
    ASSERT_FALSE(back.not_built.empty());
    EXPECT_EQ(
        back.not_built.front(),
        (Problem{"admin.token", 5,
                 "found ***, which a printed configuration has in place of a secret, expected the secret"}));
}

TEST(Print, of_a_hidden_secret_is_the_same_text_again) {
    const std::string once = print(loaded(with_secrets));
    EXPECT_EQ(print(loaded(once)), once);
}

TEST(PrintJson, is_the_same_tree) {
    const auto json = nlohmann::json::parse(
        print_json(loaded("workers: 3\nlogs: {redact: [a]}\nhealth: {ready: {d: {disk: /, free: 5%}}}")));
    EXPECT_EQ(json["workers"], 3);
    EXPECT_EQ(json["logs"]["redact"][0], "a");
    EXPECT_EQ(json["health"]["ready"]["d"]["free"], "5%");
    EXPECT_EQ(json["inbound"]["limit"], nullptr);
    EXPECT_EQ(json["drain"]["delay"], "5s");
    EXPECT_EQ(json["health"]["ready"]["d"]["optional"], false);
}

}   // namespace
}   // namespace outrigger::config
