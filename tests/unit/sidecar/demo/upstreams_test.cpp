// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/upstreams.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

class ShopUpstreams : public testing::Test {
protected:
    SystemClock clock;
    Shop shop{{}, clock};
};

TEST_F(ShopUpstreams, each_service_stands_behind_two_of_them) {
    const auto all = shop_upstreams(shop, 20s);
    for (std::size_t i = 0; i < callees.size(); ++i) {
        const config::Upstream* with = all.find(callees[i]);
        const config::Upstream* without = all.find(std::string{callees[i]}.append(bare_suffix));
        ASSERT_TRUE(with && without) << callees[i];
        EXPECT_EQ(with->target, without->target);
        EXPECT_EQ(with->target.port, shop.port(static_cast<Callee>(i)));
        EXPECT_EQ(with->policies.timeout, without->policies.timeout);
        EXPECT_GT(with->policies.retry.attempts, 1U);
        EXPECT_EQ(without->policies.retry.attempts, 1U);
        EXPECT_TRUE(without->policies.breaker.shadow && without->policies.outlier.shadow);
        EXPECT_FALSE(with->policies.breaker.shadow || with->policies.outlier.shadow);
    }
    EXPECT_EQ(all.find("users")->target.host, users_host);
}

TEST_F(ShopUpstreams, their_settings_are_such_as_a_file_may_have_whatever_the_duration) {
    for (const Duration duration : {Duration{5s}, Duration{20s}, Duration{1h}})
        for (const auto& [name, upstream] : shop_upstreams(shop, duration)) {
            EXPECT_TRUE(upstream.contradictions().empty()) << name;
            EXPECT_TRUE(upstream.policies.contradictions().empty()) << name;
            EXPECT_LE(upstream.policies.retry.per_try_timeout.value_or(100ms) * 2, upstream.policies.timeout)
                << name;
        }
}

}  // namespace
}  // namespace outrigger::demo
