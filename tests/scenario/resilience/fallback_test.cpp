// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/fallback.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/resilience/breaker.hpp>
#include <outrigger/resilience/rate_limit.hpp>

#include <string>

// A fallback around a callee that is gone for a while.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

class Shop {
public:
    // What one asks with the last good price to fall back on.
    Result<int> price() {
        const Fallback fallback{[this](const Fault& why) -> Result<int> {
            ++stood_in;
            last_reason = why.reason;
            if (last_good == 0) return Fault{Reason::call_failed, "never knew a price"};
            return last_good;
        }};
        return fallback.decide(ask());
    }
    // One call through the breaker.
    Result<int> ask() {
        Result<Permit> permit = breaker.try_acquire(clock.now(), rng);
        if (!permit) return permit.error();
        ++reached;
        const Result<int> answer = up ? Result<int>{7} : Result<int>{Fault{Reason::connect_failed}};
        permit->settle(answer ? Verdict::success : Verdict::failure, clock.now(), rng);
        if (answer) last_good = *answer;
        return answer;
    }

    ManualClock clock;
    Rng rng{1};
    CircuitBreaker breaker{{.consecutive = 3, .open_for = 5s, .probes = 1}};
    bool up = true;
    int last_good = 0;
    int reached = 0;
    int stood_in = 0;
    Reason last_reason = Reason::draining;
};

TEST(FallbackScenario, an_outage_is_answered_from_memory_first_for_failures_then_for_refusals) {
    Shop shop;
    EXPECT_EQ(*shop.price(), 7);
    shop.up = false;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(*shop.price(), 7);
    EXPECT_EQ(shop.last_reason, Reason::connect_failed);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(*shop.price(), 7);
    EXPECT_EQ(shop.last_reason, Reason::circuit_open);
    EXPECT_EQ(shop.reached, 4) << "an open circuit keeps calls away; the fallback hides it";
    EXPECT_EQ(shop.stood_in, 1003);
}

TEST(FallbackScenario, is_silent_again_after_the_recovery) {
    Shop shop;
    (void)shop.price();
    shop.up = false;
    for (int i = 0; i < 5; ++i) (void)shop.price();
    shop.up = true;
    shop.clock.advance(10s);
    const int stood_in = shop.stood_in;
    for (int i = 0; i < 100; ++i, shop.clock.advance(1s)) EXPECT_EQ(*shop.price(), 7);
    EXPECT_EQ(shop.stood_in, stood_in);
}

TEST(FallbackScenario, without_anything_to_fall_back_on_the_failure_is_its_own) {
    Shop shop;
    shop.up = false;
    EXPECT_EQ(shop.price().error().detail, "never knew a price");
}

TEST(FallbackScenario, takes_a_refused_call_of_a_rate_limit_but_not_one_whose_caller_left) {
    const ManualClock clock;
    RateLimiter limiter{{.rate = 1_per_second, .burst = 1}};
    const Fallback busy{.instead = std::string{"busy"}, .when = [](const Fault& why) {
                            return why.reason == Reason::rate_limited || why.reason == Reason::caller_left;
                        }};
    const auto ask = [&]() -> Result<std::string> {
        if (Result<void> asked = limiter.try_acquire(clock.now()); !asked) return asked.error();
        return std::string{"fresh"};
    };
    EXPECT_EQ(*busy.decide(ask()), "fresh");
    EXPECT_EQ(*busy.decide(ask()), "busy");
    EXPECT_EQ(*busy.decide(Result<std::string>{Fault{Reason::caller_left}}), "busy") << "it was asked for";
    const Fallback usual{std::string{"busy"}};
    EXPECT_FALSE(usual.decide(Result<std::string>{Fault{Reason::caller_left}}));
}

}   // namespace
}   // namespace outrigger::resilience
