// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/settings.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>

#include <outrigger/core/validate.hpp>

namespace outrigger::config {
namespace {

using namespace std::chrono_literals;

std::string keys(const Contradictions& contradictions) {
    std::string list;
    for (const Contradiction& one : contradictions) list += one.key + ' ';
    return list;
}

TEST(Settings, the_defaults_are_valid) { EXPECT_EQ(keys(validate(Settings{})), ""); }

// The contract: the values that the product's page shows, except those that it says are off.
TEST(Settings, the_defaults_are_those_of_the_contract) {
    const Settings settings;
    EXPECT_EQ(settings.service, "app");
    EXPECT_EQ(settings.admin.listen, (Address{"0.0.0.0", 9901}));
    EXPECT_EQ(settings.admin.expose, Exposure::probes);
    EXPECT_EQ(settings.inbound.listen, (Address{"0.0.0.0", 8080}));
    EXPECT_EQ(settings.inbound.app.to_text(), "http://127.0.0.1:3000");
    EXPECT_EQ(settings.inbound.timeout, 60s);
    EXPECT_FALSE(settings.inbound.limit);
    EXPECT_FALSE(settings.outbound.proxy);
    EXPECT_EQ(settings.logs.level, LogLevel::info);
    EXPECT_EQ(settings.logs.access, AccessLog{AccessRecords::all});
    EXPECT_FALSE(settings.logs.intake);
    EXPECT_EQ(settings.logs.ship.to.scheme, "stdout");
    EXPECT_EQ(settings.logs.ship.how.spool.max, 64_MiB);
    EXPECT_EQ(settings.journal, (Journal{1s, 1000}));
    EXPECT_EQ(settings.drain, (Drain{5s, 25s}));
    EXPECT_EQ(settings.workers, Workers{Automatic::automatic});
    EXPECT_EQ(settings.metrics.series, 500U);
    EXPECT_EQ(settings.limits.connections, 8000U);
    EXPECT_EQ(settings.limits.header_bytes, 64_KiB);
    EXPECT_EQ(settings.limits.uri_bytes, 16_KiB);
    EXPECT_EQ(settings.limits.body_bytes, 0_B);
    EXPECT_EQ(settings.limits.head_timeout, 10s);
    EXPECT_EQ(settings.limits.idle, 60s);
    EXPECT_EQ(settings.limits.stream_idle, 1h);
    EXPECT_EQ(settings.limits.replay, (Replay{64_KiB, 32_MiB}));
}

TEST(Settings, the_defaults_of_an_upstream_are_those_of_the_contract) {
    const Policies policies;
    EXPECT_EQ(policies.timeout, 15s);
    EXPECT_EQ(policies.retry.attempts, 3U);
    EXPECT_EQ(policies.retry.per_try_timeout, std::nullopt);
    EXPECT_EQ(policies.retry.backoff, (resilience::Backoff{25ms, 1s, 2.0, resilience::Jitter::full}));
    EXPECT_EQ(policies.retry.budget, (resilience::Budget{20_percent, 1_per_second}));
    EXPECT_FALSE(policies.retry.shadow);
    const resilience::Breaker breaker{.failure_rate = 50_percent,
                                      .slow_call = {},
                                      .slow_rate = 80_percent,
                                      .window = 10s,
                                      .min_calls = 20,
                                      .open_for = 5s,
                                      .probes = 3};
    EXPECT_EQ(policies.breaker, breaker);
    EXPECT_FALSE(policies.limit);
    EXPECT_EQ(policies.balance, Balance{BalanceMethod::least_request});
    EXPECT_EQ(policies.outlier, (Outlier{5, 30s, 50_percent}));
}

TEST(Settings, the_defaults_of_a_check_are_those_of_the_contract) {
    const Check check;
    EXPECT_EQ(check.every, 5s);
    EXPECT_EQ(check.timeout, 1s);
    EXPECT_EQ(check.fail_after, 2U);
    EXPECT_EQ(check.recover_after, 1U);
    EXPECT_FALSE(check.optional);
    EXPECT_EQ(check.group.name, "ready");
}

TEST(Settings, two_listeners_on_one_port_contradict_each_other) {
    Settings settings;
    settings.admin.listen = {"127.0.0.1", 8080};
    settings.logs.intake = Intake{.listen = Address{"::1", 8080}};
    settings.outbound.proxy = ForwardProxy{.listen = {"127.0.0.1", 7000}};
    settings.outbound.upstreams.add("a", {.listen = Address{"127.0.0.1", 7000}});
    settings.outbound.upstreams.add("b", {.listen = Address{"127.0.0.2", 7000}});
    settings.outbound.upstreams.add("c", {.listen = Address{"127.0.0.2", 7000}});
    EXPECT_EQ(keys(settings.contradictions()),
              "inbound.listen outbound.a.listen outbound.c.listen logs.intake.listen ");
    EXPECT_EQ(
        settings.contradictions().front(),
        (Contradiction{"inbound.listen",
                       "found 0.0.0.0:8080, expected a port that is free: admin.listen has 127.0.0.1:8080",
                       "admin.listen"}));
}

TEST(Settings, listeners_on_any_free_port_do_not_collide) {
    Settings settings;
    settings.admin.listen.port = 0;
    settings.inbound.listen.port = 0;
    EXPECT_EQ(keys(settings.contradictions()), "");
}

TEST(Settings, a_sidecar_that_would_call_itself_is_refused) {
    Settings settings;
    settings.inbound.app = *AppUrl::parse("8080");
    EXPECT_EQ(keys(settings.contradictions()), "inbound.app ");
    settings.inbound.app = *AppUrl::parse("localhost:9901");
    EXPECT_EQ(keys(settings.contradictions()), "inbound.app ");
    settings.inbound.app = *AppUrl::parse("app.example:8080");
    EXPECT_EQ(keys(settings.contradictions()), "");
    settings.inbound.app = *AppUrl::parse("8080");
    settings.inbound.listen = {"10.0.0.1", 8080};
    EXPECT_EQ(keys(settings.contradictions()), "");   // the app listens on the loopback, the sidecar does not
}

TEST(Settings, a_sidecar_that_would_scrape_itself_is_refused) {
    Settings settings;
    settings.metrics.app = *HttpUrl::parse("http://localhost:9901/metrics");
    EXPECT_EQ(keys(settings.contradictions()), "metrics.app ");
    settings.metrics.app = *HttpUrl::parse("http://app.example:9901/metrics");
    EXPECT_EQ(keys(settings.contradictions()), "");
    settings.metrics.app = *HttpUrl::parse("http://127.0.0.1:3000");
    EXPECT_EQ(keys(settings.contradictions()), "");
}

TEST(Settings, a_check_of_an_unknown_upstream_is_refused) {
    Settings settings;
    settings.health.ready.add("users", {.kind = UpstreamCheck{"users"}});
    EXPECT_EQ(keys(settings.contradictions()), "health.ready.users.upstream ");
    EXPECT_EQ(settings.contradictions().at(0).text, "found 'users', expected the name of an upstream in outbound");
    settings.outbound.upstreams.add("usersx", {.listen = Address{"127.0.0.1", 9002}});
    EXPECT_EQ(settings.contradictions().at(0).text,
              "found 'users', expected the name of an upstream in outbound, did you mean usersx?");
    settings.outbound.upstreams.add("users", {.listen = Address{"127.0.0.1", 9001}});
    EXPECT_EQ(keys(settings.contradictions()), "");
}

TEST(Settings, the_memory_of_an_app_without_port_or_page_is_refused) {
    Settings settings;
    settings.inbound.app = *AppUrl::parse("unix:/run/app.sock");
    settings.health.ready.add("own", {.kind = MemoryCheck{1_GiB, MemoryOf::self}});
    EXPECT_EQ(keys(settings.contradictions()), "");
    settings.health.ready.add("memory", {.kind = MemoryCheck{1_GiB, MemoryOf::app}});
    EXPECT_EQ(keys(settings.contradictions()), "health.ready.memory.of ");
    settings.metrics.app = *HttpUrl::parse("http://127.0.0.1:3000");
    EXPECT_EQ(keys(settings.contradictions()), "");
}

TEST(Outbound, an_upstream_without_a_port_needs_the_forward_proxy) {
    Outbound outbound;
    outbound.upstreams.add("users", {});
    EXPECT_EQ(keys(outbound.contradictions()), "users ");
    outbound.proxy = ForwardProxy{};
    EXPECT_EQ(keys(outbound.contradictions()), "");
}

TEST(Outbound, the_forward_proxy_tells_targets_apart_by_host_port_and_path) {
    const auto upstream = [](std::string_view target) {
        const Address anywhere{"127.0.0.1", 0};
        return Upstream{.listen = anywhere, .target = *HttpUrl::parse(target), .policies = {}, .routes = {}};
    };
    Outbound outbound;
    int number = 0;
    for (const char* target :
         {"http://users", "http://users:8080", "http://users/v2", "http://users/v2/a", "http://users/V2",
          "https://users", "http://[::1]", "http://USERS:80/", "http://Users/v2//", "http://[0:0::1]:80"})
        outbound.upstreams.add("u" + std::to_string(number++), upstream(target));
    EXPECT_EQ(keys(outbound.contradictions()), "") << "ports of their own tell them apart";
    outbound.proxy = ForwardProxy{};
    EXPECT_EQ(keys(outbound.contradictions()), "u7.target u8.target u9.target ");
}

TEST(Outbound, no_upstream_is_the_forward_proxy_itself) {
    Settings settings;
    settings.outbound.proxy = ForwardProxy{.listen = {"127.0.0.1", 9003}};
    Upstream& users = settings.outbound.upstreams.add("users", {.target = *HttpUrl::parse("http://localhost:9003")});
    EXPECT_EQ(keys(settings.contradictions()), "outbound.users.target ");
    users.target = *HttpUrl::parse("http://localhost:9004");
    EXPECT_EQ(keys(settings.contradictions()), "");
}

TEST(Policies, one_try_takes_at_most_the_time_of_the_call) {
    Policies policies{.timeout = 1s};
    policies.retry.per_try_timeout = 1s;
    EXPECT_EQ(keys(policies.contradictions()), "");
    policies.retry.per_try_timeout = 2s;
    EXPECT_EQ(keys(policies.contradictions()), "retry.per_try_timeout ");
    EXPECT_EQ(policies.retry.within(1s).per_try_timeout, 1s);
    UpstreamRoute route{.timeout = 1s, .retry = {policies.retry}};
    EXPECT_EQ(keys(route.contradictions()), "retry.per_try_timeout ");
}

TEST(Rules, smaller_bounds_stay_within_larger_ones) {
    EXPECT_EQ(keys(Drain{.delay = 26s}.contradictions()), "delay ");
    EXPECT_EQ(keys(Drain{.delay = 25s}.contradictions()), "");
    EXPECT_EQ(keys(resilience::Backoff{.first = 2s}.contradictions()), "first ");
    EXPECT_EQ(keys(Check{.timeout = 6s}.contradictions()), "timeout ");
    EXPECT_EQ(keys(Replay{.request = 64_MiB}.contradictions()), "request ");
    EXPECT_EQ(keys(ResourceLimits{.uri_bytes = 128_KiB}.contradictions()), "uri_bytes ");
    EXPECT_EQ(Drain{.delay = 26s}.contradictions().front().text,
              "found 26s, expected at most drain.timeout (25s)");
}

TEST(Breaker, a_rate_of_slow_calls_needs_to_know_what_slow_is) {
    EXPECT_EQ(keys(resilience::Breaker{.slow_rate = 60_percent}.contradictions()), "slow_rate ");
    EXPECT_EQ(keys(resilience::Breaker{.slow_call = 1s, .slow_rate = 60_percent}.contradictions()), "");
}

TEST(Limit, must_limit_something) {
    EXPECT_EQ(Limit{}.contradictions().size(), 1U);
    EXPECT_TRUE(Limit{.slots = {.concurrent = 1}}.contradictions().empty());
    EXPECT_TRUE(Limit{.calls = {.rate = 1_per_second}}.contradictions().empty());
    EXPECT_EQ(Limit{.calls = (resilience::RateLimit{.rate = 1_per_second, .burst = 2, .window = Duration{2s}})}.contradictions().front().key,
              "burst");
}

}   // namespace
}   // namespace outrigger::config
