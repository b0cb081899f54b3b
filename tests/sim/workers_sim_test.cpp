// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include <outrigger/resilience/bulkhead.hpp>

#include "tests/sim/world.hpp"

// Two workers, each with a loop of its own, and what they share.
namespace outrigger::sim {
namespace {

constexpr std::string_view request = "GET /users/7 HTTP/1.1\r\nHost: shop\r\n\r\n";
constexpr std::string_view reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

class TwoWorkers : public testing::Test {
protected:
    TwoWorkers() {
        for (World* world : {&one, &two}) world->settings.limits.policies.slots = &slots;
    }
    // A new caller's request, as far as it gets.
    static Peer& ask(World& world) {
        Peer& caller = world.connect_caller();
        caller.write(request);
        world.loop.run();
        return caller;
    }
    static void answer(World& world) {
        (void)world.app(0).read();
        world.app(0).write(reply);
        world.loop.run();
    }

    resilience::ConcurrencyLimiter slots{{.concurrent = 1, .queue = 1, .wait = 10s}};
    World one;
    World two;
};

TEST_F(TwoWorkers, a_slot_goes_from_one_loop_to_the_other) {
    Peer& first = ask(one);
    Peer& second = ask(two);
    EXPECT_EQ(two.app_connections(), 0u) << "it waits for the slot";
    answer(one);
    EXPECT_TRUE(first.read().ends_with("hello"));
    EXPECT_EQ(two.app_connections(), 0u) << "its own loop has not run yet";
    two.loop.run();
    ASSERT_EQ(two.app_connections(), 1u);
    answer(two);
    EXPECT_TRUE(second.read().ends_with("hello"));
    EXPECT_EQ(slots.in_use(), 0u);
}

TEST_F(TwoWorkers, a_slot_that_comes_too_late_goes_on) {
    (void)ask(one);
    Peer& second = ask(two);
    two.loop.advance(10s);
    EXPECT_TRUE(second.read().starts_with("HTTP/1.1 503 "));
    answer(one);
    Peer& third = ask(one);
    answer(one);
    EXPECT_TRUE(third.read().ends_with("hello"));
    EXPECT_EQ(slots.in_use(), 0u);
}

TEST_F(TwoWorkers, who_finds_the_queue_full_is_told_which_limit_it_was) {
    (void)ask(one);
    (void)ask(two);
    const std::string refused = ask(one).read();
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
    EXPECT_NE(refused.find("inbound.limit (concurrent: 1, queue: 1"), std::string::npos) << refused;
    EXPECT_NE(refused.find("concurrency_limited"), std::string::npos);
    answer(one);
    two.loop.run();
    answer(two);
    EXPECT_EQ(slots.in_use(), 0u);
}

TEST_F(TwoWorkers, a_caller_who_leaves_the_queue_frees_its_place) {
    (void)ask(one);
    Peer& second = ask(two);
    second.close();
    two.loop.run();
    EXPECT_EQ(slots.waiting(), 0u);
    Peer& third = ask(one);
    EXPECT_EQ(third.read(), "") << "it waits";
    answer(one);
    one.loop.run();
    EXPECT_EQ(slots.in_use(), 1u);
    one.app(0).write(reply);
    one.loop.run();
    EXPECT_TRUE(third.read().ends_with("hello"));
}

}   // namespace
}   // namespace outrigger::sim
