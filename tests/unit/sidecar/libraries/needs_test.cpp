// SPDX-License-Identifier: Apache-2.0
#include "sidecar/libraries/needs.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/config/load.hpp"

namespace outrigger::libraries {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const Library& there() {
    static const Library library{"libc.so.6", "libc6", "strlen"};
    return library;
}
const Library& missing() {
    static const Library library{"liboutrigger-none.so.7", "liboutrigger-none7", "none"};
    return library;
}

// Here libcurl is there and libpq is missing.
std::vector<Need> needs_of(std::string_view yaml) {
    const config::Loaded loaded = config::load_text(yaml, [](std::string_view) { return std::nullopt; });
    EXPECT_THAT(loaded.problems, IsEmpty());
    return needs(loaded.settings, there, missing);
}

std::vector<std::string> sentences(std::string_view yaml) {
    std::vector<std::string> all;
    for (const Need& need : needs_of(yaml))
        all.push_back(need.path + ": " + std::string{need.what} + (need.library == there ? ": curl" : ": pq"));
    return all;
}

TEST(needs, what_most_sidecars_do_needs_no_library) {
    EXPECT_THAT(sentences(""), IsEmpty());
    EXPECT_THAT(sentences("metrics: {push: 'http://127.0.0.1:9091', app: 'http://127.0.0.1:9000'}\n"
                          "logs: {access: all, redact: [a]}\n"
                          "outbound: {users: {target: 'http://users', listen: '127.0.0.1:0'}}\n"),
                IsEmpty());
}

TEST(needs, each_kind_of_check_says_what_it_needs) {
    EXPECT_THAT(sentences("health:\n"
                          "  ready:\n"
                          "    a: {tcp: 'db:1'}\n"
                          "    b: {http: 'http://users/health'}\n"
                          "    c: {redis: 'redis://cache'}\n"
                          "    d: {postgres: 'postgres://user@db/orders'}\n"
                          "    e: {certificate: 'users:443'}\n"
                          "    f: {disk: /}\n"
                          "    g: {dns: users}\n"
                          "    h: {file: /tmp/a}\n"
                          "    i: {command: [\"true\"]}\n"
                          "    j: {heartbeat: 5m}\n"
                          "    k: {rss: 1GiB}\n"),
                ElementsAre("health.ready.b: an http check: curl", "health.ready.c: a redis check: curl",
                            "health.ready.d: a postgres check: pq", "health.ready.e: a certificate check: curl"));
}

TEST(needs, the_apps_memory_is_read_with_libcurl_where_its_page_is_set) {
    const std::string page = "metrics: {app: 'http://127.0.0.1:9000'}\n";
    EXPECT_THAT(sentences(page + "health: {ready: {memory: {rss: 1GiB}}}\n"),
                ElementsAre("health.ready.memory: reading metrics.app for its memory: curl"));
    EXPECT_THAT(sentences(page + "health: {ready: {memory: {rss: 1GiB, of: self}}}\n"), IsEmpty());
}

TEST(needs, whatever_has_a_shipper_needs_libcurl_and_says_why_once) {
    EXPECT_THAT(sentences("logs:\n"
                          "  intake: '127.0.0.1:0'\n"
                          "  ship: {to: 'logstash+tcp://logs:5000', spool: {dir: /tmp/spool}}\n"),
                ElementsAre("logs.ship.to: shipping: curl"));
    EXPECT_THAT(sentences("logs: {intake: '127.0.0.1:0'}\n"), ElementsAre("logs.intake: the intake: curl"));
    EXPECT_THAT(sentences("logs: {ship: {spool: {dir: /tmp/spool}}}\n"),
                ElementsAre("logs.ship.spool.dir: a spool: curl"));
}

TEST(needs, a_library_that_is_missing_is_a_problem_of_each_setting_that_needs_it) {
    const std::vector<config::Problem> problems = load(needs_of("health:\n"
                                                                "  ready:\n"
                                                                "    a: {postgres: 'postgres://user@db/orders'}\n"
                                                                "    b: {http: 'http://users/health'}\n"
                                                                "    c: {postgres: 'postgres://user@db/users'}\n"));
    const auto a = [](const char* path) {
        const auto text = AllOf(StartsWith("a postgres check needs liboutrigger-none.so.7, which cannot be loaded"),
                                HasSubstr("liboutrigger-none7"));
        return AllOf(testing::Field(&config::Problem::path, path), testing::Field(&config::Problem::line, 0),
                     testing::Field(&config::Problem::text, text));
    };
    EXPECT_THAT(problems, ElementsAre(a("health.ready.a"), a("health.ready.c")));
}

}   // namespace
}   // namespace outrigger::libraries
