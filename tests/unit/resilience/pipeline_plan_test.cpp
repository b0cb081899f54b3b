// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/configured_pipeline.hpp>

#include <gtest/gtest.h>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

Plan plan_of(const std::vector<PolicySettings>& policies) { return ConfiguredPipeline{{.name = "p"}, policies}.plan(); }
std::string warnings(const std::vector<PolicySettings>& policies) {
    std::string text;
    for (const std::string& warning : lint(plan_of(policies))) text += warning + '\n';
    return text;
}
constexpr Backoff tenth = Backoff::constant(100ms);

TEST(PipelinePlan, the_worst_case_multiplies_attempts_and_adds_pauses_and_waits) {
    EXPECT_EQ(worst_case(plan_of({})), (WorstCase{1, std::nullopt}));
    EXPECT_EQ(worst_case(plan_of({Timeout{.limit = 2s}, Retry{}, Breaker{}})), (WorstCase{3, 2s}));
    EXPECT_EQ(worst_case(plan_of({Retry{.per_try_timeout = 1s, .backoff = tenth}})), (WorstCase{3, 3200ms, true}));
    EXPECT_EQ(worst_case(plan_of({Bulkhead{.concurrent = 1, .wait = 50ms}, Retry{.attempts = 2, .backoff = tenth},
                                  Timeout{.limit = 1s}})),
              (WorstCase{2, 2150ms, true}));
    EXPECT_EQ(worst_case(plan_of({Retry{}, Retry{.attempts = 4}})), (WorstCase{12, std::nullopt, true}));
}

TEST(PipelinePlan, a_sound_order_has_no_warning) {
    EXPECT_EQ(warnings({Timeout{.limit = 3s}, Bulkhead{.concurrent = 9}, Retry{.per_try_timeout = 600ms}, Breaker{}}), "");
    EXPECT_EQ(warnings({}), "");
    EXPECT_EQ(warnings({Retry{.attempts = 1, .budget = {}}}), "") << "it never retries";
}

TEST(PipelinePlan, warns_of_what_can_never_happen_and_of_what_is_not_bounded) {
    EXPECT_EQ(warnings({Timeout{.limit = 2s}, Timeout{.limit = 3s}}),
              "the timeout of 3s stands inside one of 2s: it can never pass first\n");
    EXPECT_EQ(warnings({Timeout{.limit = 2s}, Retry{.per_try_timeout = 3s}}),
              "per_try_timeout (3s) exceeds the timeout around it (2s): it can never pass first\n");
    EXPECT_EQ(warnings({Retry{.per_try_timeout = 1s, .budget = {}}}),
              "the retry has no budget: in an outage it multiplies the load by up to 3\n");
    EXPECT_EQ(warnings({Retry{}}),
              "nothing bounds an attempt: with neither a timeout nor per_try_timeout a hung one is never retried\n");
    EXPECT_EQ(warnings({Timeout{.limit = 2s}, Retry{}}),
              "an attempt may use up the whole timeout (2s): without per_try_timeout a hung one is never retried\n");
    EXPECT_EQ(warnings({Timeout{.limit = 2s}, Retry{.per_try_timeout = 1s, .backoff = tenth}}),
              "all attempts and pauses may take 3.2s, but the timeout around them is 2s: the last ones may not start\n");
}

TEST(PipelinePlan, warns_of_an_order_in_which_policies_do_not_see_what_they_should) {
    EXPECT_EQ(warnings({Breaker{}, Retry{.per_try_timeout = 1s}}),
              "the retry stands inside the breaker, which so sees calls and not attempts\n");
    EXPECT_EQ(warnings({Retry{.per_try_timeout = 1min}, Retry{.per_try_timeout = 1s}}),
              "a retry stands inside a retry: their attempts multiply\n");
    EXPECT_EQ(warnings({Breaker{}, Bulkhead{.concurrent = 1}}),
              "the bulkhead stands inside the breaker, which so takes a wait for a slot for slowness of the callee\n");
    auto outside = pipeline("p", Classify{[](const Result<int>&) { return Assessment{}; }}, Breaker{});
    EXPECT_EQ(lint(outside.plan()),
              (std::vector<std::string>{
                  "classify does not stand innermost: policies inside of it do not see what it says"}));
    EXPECT_EQ(warnings({Retry{.budget = {}, .shadow = true}}), "") << "it never retries";
    auto masked = pipeline("p", Timeout{.limit = 10s}, Retry{.per_try_timeout = 1s}, Fallback{[](const Fault&) { return 1; }});
    EXPECT_EQ(lint(masked.plan()), (std::vector<std::string>{"the fallback stands inside the retry, which so never sees a failure"}));
}

TEST(PipelinePlan, is_explained_in_a_few_lines) {
    auto users = pipeline("users", Timeout{.limit = 2s}, Retry{.attempts = 3, .per_try_timeout = 600ms, .budget = {}},
                          Breaker{});
    EXPECT_EQ(users.explain(), "users: timeout 2s > retry up to 3 attempts of 600ms > breaker > the call\n"
                               "  at worst 3 attempts, 2s\n"
                               "  warning: the retry has no budget: in an outage it multiplies the load by up to 3\n");
}

}  // namespace
}  // namespace outrigger::resilience
