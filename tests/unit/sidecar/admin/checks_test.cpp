// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/checks.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;

constexpr Instant now{1h};

std::vector<std::string> names(const Checks& planned) {
    std::vector<std::string> found;
    for (const PlannedCheck& check : planned.checks) found.push_back(check.name);
    return found;
}

std::string refusal(const config::Settings& settings) {
    try {
        (void)planned_checks(settings, now);
    } catch (const std::invalid_argument& refused) {
        return refused.what();
    }
    return "";
}

TEST(PlannedChecks, the_apps_port_is_one_unless_a_check_has_its_name) {
    config::Settings settings;
    EXPECT_EQ(names(planned_checks(settings, now)), (std::vector<std::string>{"app"}));
    settings.health.ready.add("search", {.kind = config::TcpCheck{{"search", 9300}}});
    EXPECT_EQ(names(planned_checks(settings, now)), (std::vector<std::string>{"app", "search"}));
    settings.health.ready.add(
        "app", {.kind = config::HttpCheck{*config::HttpUrl::parse("http://127.0.0.1:3000/health"), {}, {}}});
    EXPECT_EQ(names(planned_checks(settings, now)), (std::vector<std::string>{"search", "app"}));
}

TEST(PlannedChecks, an_app_behind_a_unix_socket_is_checked_there) {
    config::Settings settings;
    settings.inbound.app = *config::AppUrl::parse("unix:/run/nobody.sock");
    const Checks planned = planned_checks(settings, now);
    const SystemClock clock;
    const health::Probe probe{clock, 1s};
    EXPECT_EQ(planned.checks.at(0).indicator.run(probe).message, "connect ENOENT /run/nobody.sock");
}

TEST(PlannedChecks, take_their_settings_over) {
    config::Settings settings;
    config::Check check{.kind = config::DnsCheck{{"localhost"}}};
    check.every = 7s;
    check.timeout = 2s;
    check.fail_after = 3;
    check.recover_after = 4;
    check.optional = true;
    settings.health.ready.add("name", check);
    check.group.name = "startup";
    settings.health.ready.add("warm", check);
    check.group.name = "checkout";
    settings.health.ready.add("shop", check);
    const Checks planned = planned_checks(settings, now);
    const health::CheckSettings& ready = planned.checks.at(1).settings;
    EXPECT_EQ(ready.group, health::Group::ready);
    EXPECT_TRUE(ready.optional);
    EXPECT_EQ(ready.every, 7s);
    EXPECT_EQ(ready.timeout, 2s);
    EXPECT_EQ(ready.damping.fail_after, 3U);
    EXPECT_EQ(ready.damping.recover_after, 4U);
    EXPECT_EQ(planned.checks.at(2).settings.group, health::Group::startup);
    EXPECT_EQ(planned.checks.at(3).settings.group, health::Group::own);
    EXPECT_EQ(planned.checks.at(3).settings.page, "checkout");
}

TEST(PlannedChecks, each_kind_has_its_indicator) {
    config::Settings settings;
    const auto add = [&](const char* name, config::CheckKind kind) {
        settings.health.ready.add(name, {.kind = std::move(kind)});
    };
    add("tcp", config::TcpCheck{{"a", 1}});
    add("http", config::HttpCheck{*config::HttpUrl::parse("http://a"), {204}, "well"});
    add("redis", config::RedisCheck{*config::RedisUrl::parse("redis://:secret@a")});
    add("postgres", config::PostgresCheck{{"host=db"}});
    add("space", config::DiskCheck{.disk = "/"});
    add("bytes", config::DiskCheck{.disk = "/", .free = 1_MiB});
    add("memory", config::MemoryCheck{1_GiB, config::MemoryOf::self});
    add("its-memory", config::MemoryCheck{1_GiB, config::MemoryOf::app});
    add("dns", config::DnsCheck{{"a"}});
    add("file", config::FileCheck{"/a", 1min});
    add("command", config::CommandCheck{{"true"}});
    add("heartbeat", config::HeartbeatCheck{1min});
    add("certificate", config::CertificateCheck{{"a", 443}});
    const Checks planned = planned_checks(settings, now);
    EXPECT_EQ(planned.checks.size(), 14U);
    for (const PlannedCheck& check : planned.checks) EXPECT_TRUE(check.indicator.run) << check.name;
    EXPECT_EQ(planned.heartbeats.size(), 1U);
    EXPECT_TRUE(planned.heartbeats.contains("heartbeat"));
}

TEST(PlannedChecks, an_upstream_s_check_runs_nothing_and_is_not_damped) {
    config::Settings settings;
    settings.health.ready.add("calls", {.kind = config::UpstreamCheck{"users"}, .fail_after = 3, .optional = true});
    const Checks planned = planned_checks(settings, now);
    const PlannedCheck& check = planned.checks.at(1);
    EXPECT_EQ(check.name, "calls");
    EXPECT_EQ(check.upstream, "users");
    EXPECT_FALSE(check.indicator.run);
    EXPECT_EQ(check.settings.damping.fail_after, 1U);
    EXPECT_TRUE(check.settings.optional);
    EXPECT_EQ(planned.checks.at(0).upstream, "");
}

TEST(PlannedChecks, the_app_s_memory_is_what_its_page_tells_if_it_has_one) {
    config::Settings settings;
    settings.health.ready.add("memory", {.kind = config::MemoryCheck{1_GiB, config::MemoryOf::app}});
    const SystemClock clock;
    const health::Probe probe{clock, 10s};
    settings.inbound.app = *config::AppUrl::parse("1");
    EXPECT_EQ(planned_checks(settings, now).checks.at(1).indicator.run(probe).message,
              "no process that listens on port 1 can be seen in /proc");
    settings.metrics.app = *config::HttpUrl::parse("http://127.0.0.1:1");
    EXPECT_EQ(planned_checks(settings, now).checks.at(1).indicator.run(probe).message,
              "connect ECONNREFUSED 127.0.0.1:1");
}

TEST(PlannedChecks, what_this_machine_cannot_check_is_refused_with_its_path) {
    config::Settings worker;
    worker.health.ready.add("worker12", {.kind = config::DnsCheck{{"a"}}});
    EXPECT_EQ(refusal(worker),
              "health.ready.worker12: the sidecar's own threads are called so; choose another name");
    worker.health.ready.clear();
    worker.health.ready.add("worker", {.kind = config::DnsCheck{{"a"}}});
    EXPECT_EQ(refusal(worker), "");
    config::Settings database;
    database.health.ready.add("db", {.kind = config::PostgresCheck{{"colour=red"}}});
    EXPECT_EQ(
        refusal(database),
        "health.ready.db: a postgres check needs postgres://user@host/database or 'host=... dbname=...'");
}

TEST(HistoryJson, tells_how_checks_stand_and_what_has_changed) {
    health::Registry registry;
    const auto handle = registry.add("db");
    (void)registry.add("cache");
    registry.report(handle, health::up());
    registry.report(handle, health::down("no \xff"));
    registry.report(handle, health::down("no \xff"));
    const auto json = nlohmann::json::parse(history_json(registry));
    EXPECT_EQ(json["checks"].size(), 2U);
    EXPECT_EQ(json["checks"][0]["check"], "db");
    EXPECT_EQ(json["checks"][0]["status"], "down");
    EXPECT_EQ(json["checks"][1]["status"], "unchecked");
    ASSERT_EQ(json["changes"].size(), 2U);
    EXPECT_EQ(json["changes"][1]["from"], "up");
    EXPECT_EQ(json["changes"][1]["to"], "down");
    EXPECT_EQ(json["changes"][1]["message"], "no \xef\xbf\xbd");
    EXPECT_EQ(json["changes"][1]["at"].get<std::string>().size(),
              std::string{"2026-01-31T12:00:00.000Z"}.size());
}

}   // namespace
}   // namespace outrigger::admin
