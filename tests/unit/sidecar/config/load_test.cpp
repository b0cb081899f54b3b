// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/load.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace outrigger::config {
namespace {

using namespace std::chrono_literals;

const Environment no_environment = [](std::string_view) { return std::nullopt; };

std::string lines(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) text += to_line(problem, "f") + '\n';
    return text;
}
Loaded load(std::string_view yaml) { return load_text(yaml, no_environment); }

TEST(Load, an_empty_file_is_all_defaults) {
    const Loaded loaded = load("");
    EXPECT_EQ(lines(loaded.problems), "");
    EXPECT_EQ(lines(loaded.not_built), "");
    EXPECT_EQ(loaded.settings, Settings{});
}

TEST(Load, an_upstream_takes_what_it_does_not_say_from_the_defaults_wherever_they_stand) {
    const Loaded loaded = load(
        "outbound:\n"
        "  users: {listen: '127.0.0.1:1', target: 'http://users', retry: {attempts: 5}}\n"
        "  defaults: {timeout: 3s, retry: {budget: {ratio: 7%}}, limit: {concurrent: 9}}\n");
    ASSERT_EQ(lines(loaded.problems), "");
    const Policies& policies = loaded.settings.outbound.upstreams.find("users")->policies;
    EXPECT_EQ(policies.timeout, 3s);
    EXPECT_EQ(policies.retry.attempts, 5U);
    EXPECT_EQ(policies.retry.budget->ratio, 7_percent);
    EXPECT_EQ(policies.limit->slots.concurrent, 9U);
}

TEST(Load, an_upstream_may_turn_off_what_the_defaults_turn_on) {
    const Loaded loaded = load(
        "outbound:\n  defaults: {limit: {concurrent: 9}}\n"
        "  users: {listen: '127.0.0.1:1', target: 'http://users', limit: null}\n");
    ASSERT_EQ(lines(loaded.problems), "");
    EXPECT_FALSE(loaded.settings.outbound.upstreams.find("users")->policies.limit);
}

TEST(Load, an_empty_budget_says_the_defaults_and_not_that_there_is_none) {
    for (const std::string_view nothing : {"null", "{}"}) {
        const Loaded loaded = load("outbound:\n  users: {listen: '127.0.0.1:1', target: 'http://users', "
                                   "retry: {backoff: {factor: 1.5, jitter: equal}, budget: " +
                                   std::string{nothing} + "}}\n");
        ASSERT_EQ(lines(loaded.problems), "");
        const resilience::Retry& retry = loaded.settings.outbound.upstreams.find("users")->policies.retry;
        EXPECT_EQ(retry.budget, resilience::Budget{});
        EXPECT_EQ(retry.backoff, (resilience::Backoff{.factor = 1.5, .jitter = resilience::Jitter::equal}));
    }
}

TEST(Load, a_route_takes_what_it_does_not_say_from_its_upstream) {
    const Loaded loaded = load(
        "outbound:\n  users:\n    listen: 127.0.0.1:1\n    target: http://users\n    timeout: 2s\n"
        "    routes: [{match: /a, timeout: 500ms}, {match: /b, retry: {attempts: 1}}]\n"
        "    retry: {per_try_timeout: 600ms, attempts: 4}\n");
    ASSERT_EQ(lines(loaded.problems), "");
    const auto& routes = loaded.settings.outbound.upstreams.find("users")->routes;
    EXPECT_EQ(routes[0].retry, (RouteRetry{{.attempts = 4, .per_try_timeout = 500ms}}));   // never more than the call itself has
    EXPECT_EQ(routes[1].timeout, 2s);
    EXPECT_EQ(routes[1].retry, (RouteRetry{{.attempts = 1, .per_try_timeout = 600ms}}));
}

TEST(Load, the_size_of_the_spool_depends_on_where_it_is) {
    EXPECT_EQ(load("logs: {ship: {spool: {dir: /var/spool}}}").settings.logs.ship.how.spool.max, 512_MiB);
    EXPECT_EQ(load("logs: {ship: {spool: {dir: /var/spool, max: 8MiB}}}").settings.logs.ship.how.spool.max,
              8_MiB);
    EXPECT_EQ(load("").settings.logs.ship.how.spool.max, 64_MiB);
}

TEST(Load, the_problems_come_in_the_order_of_the_file) {
    EXPECT_EQ(lines(load("workers: x\nservice: ''\n").problems),
              "f:1: workers: found 'x', expected auto, or a whole number from 1 to 256\n"
              "f:2: service: found '', expected text that is not empty\n");
}

TEST(Load, what_is_not_yaml_is_the_only_problem) {
    EXPECT_EQ(load("service: ''\nworkers: [x\n").problems.size(), 1U);
}

TEST(Load, more_than_a_mebibyte_is_refused) {
    EXPECT_EQ(lines(load(std::string(file_size_max.count(), '\n')).problems), "");
    EXPECT_EQ(lines(load(std::string(file_size_max.count() + 1, '\n')).problems),
              "f: found more than 1MiB, expected a smaller file\n");
}

TEST(Load, run_refuses_only_what_was_written_and_is_not_built) {
    EXPECT_EQ(lines(load("inbound: {app: 4000, routes: ['/a']}\nlogs: {level: warn, access: 10%, ship: {to: "
                         "'stdout:'}}\n"
                         "health: {ready: {search: {tcp: 'search:9300'}}}\ndrain: {delay: 1s}\nadmin: "
                         "{token: x, expose: all}\n"
                         "limits: {idle: 5s}\nmetrics: {series: 100}\noutbound: {defaults: {}}\nworkers: 2\n")
                        .not_built),
              "");
    EXPECT_EQ(
        lines(
            load(
                "inbound: {app: 'https://127.0.0.1:3443'}\nlimits: {replay: {total: 1GiB}}\n"
                "outbound: {proxy: {}, a: {listen: '127.0.0.1:1', target: 'https://a'}, b: {target: 'https://b'}}\n")
                .not_built),
        "f:1: inbound.app: not built yet: only http:// and unix: to the app work in this version\n"
        "f:3: outbound.a.target: not built yet: only http:// to upstreams, without a user, works in this version, and "
        "https:// without `listen`, as a tunnel through outbound.proxy\n");
}

TEST(Load, of_something_not_built_only_the_outermost_key_is_named) {
    EXPECT_EQ(lines(load("outbound: {defaults: {balance: {hash: {header: X-User}}}}").not_built),
              "f:1: outbound.defaults.balance: not built yet: only round_robin, least_request and ewma work in this "
              "version\n");
}

TEST(LoadFlags, suffice_without_a_file) {
    const Loaded loaded = load_flags({.app = "4000", .listen = "127.0.0.1:0", .admin = ":9999"});
    EXPECT_EQ(lines(loaded.problems), "");
    EXPECT_EQ(loaded.settings.inbound.app.to_text(), "http://127.0.0.1:4000");
    EXPECT_EQ(loaded.settings.inbound.listen, (Address{"127.0.0.1", 0}));
    EXPECT_EQ(loaded.settings.admin.listen, (Address{"", 9999}));
}

TEST(LoadFlags, errors_name_the_flag) {
    EXPECT_EQ(lines(load_flags({.app = "x", .listen = "1", .admin = "y:1"}).problems),
              "--app: found 'x', expected the app's address such as 3000, 127.0.0.1:3000, "
              "http://127.0.0.1:3000 or unix:/run/app.sock\n"
              "--listen: found '1', expected an address such as 0.0.0.0:8080, :8080 or [::1]:8080\n"
              "--admin: found 'y:1', expected an address such as 0.0.0.0:8080, :8080 or [::1]:8080\n");
    EXPECT_EQ(lines(load_flags({.app = "8080", .listen = {}, .admin = {}}).problems),
              "--app: found http://127.0.0.1:8080, expected the app's own port: inbound.listen is "
              "0.0.0.0:8080, so the sidecar would call itself\n");
}

TEST(LoadFlags, stand_above_the_file) {
    const Loaded loaded = load_text("inbound: {app: 4000, listen: ':1'}", no_environment,
                                    {.app = "5000", .listen = {}, .admin = {}});
    EXPECT_EQ(loaded.settings.inbound.app.port, 5000);
    EXPECT_EQ(loaded.settings.inbound.listen.port, 1);
}

TEST(LoadFlags, what_is_not_built_is_refused_in_a_flag_too) {
    EXPECT_EQ(lines(load_flags({.app = "https://app", .listen = {}, .admin = {}}).not_built),
              "--app: not built yet: only http:// and unix: to the app work in this version\n");
}

class LoadFile : public testing::Test {
protected:
    LoadFile()
        : folder_{std::filesystem::temp_directory_path() / ("outrigger-load-" + std::to_string(getpid()))} {
        std::filesystem::create_directories(folder_);
    }
    ~LoadFile() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::filesystem::path write(std::string_view text) const {
        std::ofstream{folder_ / "f.yaml", std::ios::binary} << text;
        return folder_ / "f.yaml";
    }
    std::filesystem::path folder_;
};

TEST_F(LoadFile, reads_what_is_there) {
    EXPECT_EQ(load_file(write("service: orders\n"), no_environment).settings.service, "orders");
}

TEST_F(LoadFile, a_file_that_is_missing_is_a_problem) {
    EXPECT_EQ(lines(load_file(folder_ / "missing.yaml", no_environment).problems),
              "f: cannot be opened: No such file or directory\n");
}

TEST_F(LoadFile, a_directory_is_a_problem) {
    EXPECT_EQ(lines(load_file(folder_, no_environment).problems), "f: cannot be read: it is a directory\n");
}

TEST_F(LoadFile, a_file_that_may_not_be_read_is_a_problem) {
    const auto file = write("service: orders\n");
    std::filesystem::permissions(file, std::filesystem::perms::none);
    // Root may read everything: be nobody for a moment.
    const bool root = geteuid() == 0;
    ASSERT_EQ(root ? seteuid(65534) : 0, 0);
    const std::string said = lines(load_file(file, no_environment).problems);
    ASSERT_EQ(root ? seteuid(0) : 0, 0);
    EXPECT_EQ(said, "f: cannot be opened: Permission denied\n");
}

TEST_F(LoadFile, a_file_of_two_mebibytes_is_a_problem) {
    EXPECT_EQ(lines(load_file(write(std::string(2U << 20U, '#')), no_environment).problems),
              "f: found more than 1MiB, expected a smaller file\n");
}

}   // namespace
}   // namespace outrigger::config
