// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/upstream.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;
using resilience::Verdict;

const Instant now{1h};

TEST(Upstream, settings_that_make_no_sense_are_refused) {
    EXPECT_THROW((Upstream{"shop", {.outlier = {.consecutive = 0}}}), std::invalid_argument);
    EXPECT_THROW((Upstream{"shop", {.outlier = {}, .breaker = resilience::Breaker{.probes = 0}}}), std::invalid_argument);
}

TEST(Upstream, has_a_breaker_by_its_name_unless_it_is_told_not_to) {
    Upstream with{"shop", {}};
    ASSERT_NE(with.breaker(), nullptr);
    EXPECT_EQ(with.breaker()->name(), "shop");
    Upstream without{"shop", {.outlier = {}, .breaker = std::nullopt}};
    EXPECT_EQ(without.breaker(), nullptr);
}

TEST(Upstream, reports_what_is_known_of_each_endpoint) {
    Upstream upstream{"shop", {.balance = config::BalanceMethod::ewma, .outlier = {.consecutive = 2}}};
    const auto list = some_endpoints(2);
    upstream.set_endpoints(list);
    upstream.settle(*list->all[1], Verdict::success, 20ms, now);
    list->all[1]->begin_call();
    for (int i = 0; i < 2; ++i) upstream.settle(*list->all[0], Verdict::failure, 1ms, now);
    upstream.settle(*list->all[0], Verdict::neutral, 1ms, now);

    const auto reports = upstream.report(now + 10s);
    ASSERT_EQ(reports.size(), 2u);
    EXPECT_EQ(reports[0].name, "10.0.0.1:80");
    EXPECT_TRUE(reports[0].ejected);
    EXPECT_FALSE(reports[0].would_be_ejected);
    EXPECT_EQ(reports[0].left, 20s);
    EXPECT_EQ(reports[1].name, "10.0.0.2:80");
    EXPECT_FALSE(reports[1].ejected);
    EXPECT_EQ(reports[1].in_flight, 1u);
    ASSERT_TRUE(reports[1].latency);
    EXPECT_LT(*reports[1].latency, 20ms) << "ten seconds later";
    EXPECT_GT(*reports[1].latency, 5ms);
}

TEST(Upstream, in_shadow_mode_an_endpoint_only_would_be_ejected) {
    Upstream upstream{"shop", {.outlier = {.consecutive = 1, .shadow = true}}};
    const auto list = some_endpoints(2);
    upstream.set_endpoints(list);
    upstream.settle(*list->all[0], Verdict::failure, 1ms, now);
    const auto reports = upstream.report(now + 10s);
    EXPECT_FALSE(reports[0].ejected);
    EXPECT_TRUE(reports[0].would_be_ejected);
    EXPECT_EQ(reports[0].left, 20s);
    EXPECT_FALSE(reports[1].would_be_ejected);
}

TEST(Upstream, latencies_are_only_kept_where_the_balancer_goes_by_them) {
    Upstream upstream{"shop", {}};
    const auto list = some_endpoints(1);
    upstream.set_endpoints(list);
    upstream.settle(*list->all[0], Verdict::success, 20ms, now);
    EXPECT_EQ(upstream.report(now)[0].latency, std::nullopt);
}

TEST(Upstream, a_neutral_end_says_nothing_of_the_latency) {
    Upstream upstream{"shop", {.balance = config::BalanceMethod::ewma}};
    const auto list = some_endpoints(1);
    upstream.set_endpoints(list);
    upstream.settle(*list->all[0], Verdict::neutral, 20s, now);
    EXPECT_EQ(upstream.report(now)[0].latency, std::nullopt);
}

}   // namespace
}   // namespace outrigger::upstream
