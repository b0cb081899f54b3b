// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/replay.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sidecar/http1/body_collector.hpp"

namespace outrigger::proxy {
namespace {

class Replaying : public testing::Test {
protected:
    std::string replayed(const ReplayBuffer& buffer) {
        http1::BodyCollector sink;
        buffer.write_to(sink);
        EXPECT_TRUE(sink.push());
        return sink.body;
    }

    net::PagePool pages;
    net::Arena arena{pages};
    ReplayBudget budget{Bytes{1000}, Bytes{1500}};
};

TEST_F(Replaying, what_was_kept_comes_out_in_order) {
    ReplayBuffer buffer{arena, budget};
    http1::BodyCollector endpoint;
    KeepingSink sink{endpoint, buffer};
    for (const char* piece : {"he", "", "l", "lo"}) sink.write_body(piece);
    EXPECT_TRUE(sink.push());
    EXPECT_EQ(endpoint.body, "hello");
    EXPECT_EQ(replayed(buffer), "hello");
    EXPECT_EQ(replayed(buffer), "hello") << "and again";
}

TEST_F(Replaying, beyond_the_request_s_limit_nothing_is_kept) {
    ReplayBuffer buffer{arena, budget};
    buffer.keep(std::string(900, 'x'));
    EXPECT_TRUE(buffer.whole());
    buffer.keep(std::string(100, 'x'));
    EXPECT_TRUE(buffer.whole()) << "a body of just that size is kept";
    buffer.keep("x");
    EXPECT_FALSE(buffer.whole());
    EXPECT_EQ(replayed(buffer), "");
    buffer.keep("x");
    EXPECT_FALSE(buffer.whole()) << "for good";
}

TEST_F(Replaying, single_bytes_count_with_what_it_takes_to_keep_them) {
    ReplayBuffer buffer{arena, budget};
    for (int i = 0; i < 1000 && buffer.whole(); ++i) buffer.keep("x");
    EXPECT_FALSE(buffer.whole());
    EXPECT_LE(budget.in_use, 1500u) << "of all of them together";
}

TEST_F(Replaying, the_worker_s_share_is_shared_and_given_back) {
    {
        ReplayBuffer first{arena, budget};
        first.keep(std::string(900, 'x'));
        ReplayBuffer second{arena, budget};
        second.keep(std::string(900, 'x'));
        EXPECT_TRUE(first.whole());
        EXPECT_FALSE(second.whole());
    }
    EXPECT_EQ(budget.in_use, 0u);
    ReplayBuffer third{arena, budget};
    third.keep(std::string(900, 'x'));
    EXPECT_TRUE(third.whole());
}

}   // namespace
}   // namespace outrigger::proxy
