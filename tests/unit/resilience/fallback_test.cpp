// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/fallback.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace outrigger::resilience {
namespace {

constexpr Fault open{Reason::circuit_open, "open"};
constexpr Fault left{Reason::caller_left, "gone"};

TEST(Fallback, lets_a_success_pass_and_is_not_asked) {
    int asked = 0;
    const Fallback fallback{[&](const Fault&) { return ++asked; }};
    EXPECT_EQ(*fallback.decide(Result<int>{7}), 7);
    EXPECT_EQ(asked, 0);
}

TEST(Fallback, answers_with_a_value) {
    const Fallback fallback{.instead = "cached"};
    EXPECT_EQ(*fallback.decide(Result<std::string>{open}), "cached");
    EXPECT_EQ(*fallback.decide(Result<std::string>{Fault{Reason::call_failed}}), "cached") << "again";
}

TEST(Fallback, answers_with_a_function_of_the_fault) {
    const Fallback fallback{[](const Fault& why) { return std::string{to_string(why.reason)}; }};
    EXPECT_EQ(*fallback.decide(Result<std::string>{open}), "circuit_open");
}

TEST(Fallback, may_fail_itself) {
    const Fallback fallback{[](const Fault&) -> Result<int> { return Fault{Reason::dns_failed}; }};
    EXPECT_EQ(fallback.decide(Result<int>{open}).error().reason, Reason::dns_failed);
}

TEST(Fallback, answers_nobody_who_has_left) {
    const Fallback fallback{1};
    EXPECT_EQ(fallback.decide(Result<int>{left}).error(), left);
}

TEST(Fallback, takes_only_the_faults_that_it_is_told_to) {
    const Fallback fallback{.instead = 1,
                            .when = [](const Fault& why) { return why.reason == Reason::circuit_open; }};
    EXPECT_EQ(*fallback.decide(Result<int>{open}), 1);
    const Fault timeout{Reason::timeout, "theirs"};
    EXPECT_EQ(fallback.decide(Result<int>{timeout}).error(), timeout);
    EXPECT_FALSE(fallback.takes(timeout));
}

TEST(Fallback, of_a_call_without_a_value_does_something_instead) {
    int done = 0;
    const Fallback fallback{[&](const Fault&) { ++done; }};
    EXPECT_TRUE(fallback.decide(Result<void>{open}));
    EXPECT_FALSE(fallback.decide(Result<void>{left}));
    EXPECT_TRUE(fallback.decide(Result<void>{}));
    EXPECT_EQ(done, 1);
}

TEST(Fallback, answers_with_what_can_only_be_moved) {
    const Fallback fallback{[](const Fault&) { return std::make_unique<int>(3); }};
    EXPECT_EQ(**fallback.decide(Result<std::unique_ptr<int>>{open}), 3);
    EXPECT_EQ(**fallback.decide(Result<std::unique_ptr<int>>{std::make_unique<int>(4)}), 4);
}

}   // namespace
}   // namespace outrigger::resilience
