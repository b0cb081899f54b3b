// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/protection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr Style plain{};

Comparison calls() {
    Comparison all;
    all[0] = {{247, 0, 3100us, 7300us, 760ms}, {247, 18, 2900us, 4700us, 690ms}};
    all[2] = {{112, 36, 11ms, 831ms, 12s}, {112, 35, 14ms, 1s, 38'300ms}};
    return all;
}

TEST(SideBySide, both_ways_of_calling_stand_beside_each_other_and_the_sum_is_said) {
    EXPECT_EQ(side_by_side(calls(), plain),
              R"(The gateway's calls: each with policies, and without at the same moment
                            calls     errors        p50        p99     waited
  users                       247          0     3.1 ms     7.3 ms     760 ms
    without policies          247         18     2.9 ms     4.7 ms     690 ms
  search                      112         36      11 ms     831 ms     12.0 s
    without policies          112         35      14 ms     1.00 s     38.3 s
  36 errors instead of 53, and 12.8 s of waiting instead of 39.0 s.
)");
}

TEST(SideBySide, without_calls_there_is_nothing_to_compare) { EXPECT_EQ(side_by_side({}, plain), ""); }

TEST(PolicyTable, it_tells_of_those_that_were_called_with_policies) {
    const Figures figures{
        .upstreams = {
            {.name = "users", .calls = 247, .attempts = 250, .retries = 3, .ejections = 1},
            {.name = "users-bare", .calls = 247, .attempts = 247},
            {.name = "search", .calls = 112, .attempts = 97, .retries = 6, .refused = 36, .opened = 4}}};
    EXPECT_EQ(policy_table(figures, plain),
              R"(What the policies did
                     attempts        retries circuit opened  calls refused      ejections
  users                   250              3              0              0              1
  search                   97              6              4             36              0

)");
    EXPECT_EQ(policy_table(Figures{}, plain), "");
    EXPECT_EQ(policy_table(std::nullopt, plain), "");
}

const Proxy proxy{"127.0.0.1:1", "127.0.0.1:41235", {}, "/tmp/demo.log"};
const Explained saved{"GET /users/7", "users", "Answered 200 after 2 of 3 attempts.", "demo-17"};
const Explained failed{"GET /search", "search", "Answered 503 (circuit_open).", "4bf92f35"};

TEST(ExplainedCalls, each_is_a_sentence_and_can_be_found_again) {
    EXPECT_EQ(explained({saved, failed}, proxy, plain),
              R"(Two calls of the gateway, explained
  GET /users/7 to users, saved by a retry
      "Answered 200 after 2 of 3 attempts."
      request id demo-17
  GET /search to search, failed
      "Answered 503 (circuit_open)."
      request id 4bf92f35
  while it ran: curl 'http://127.0.0.1:41235/api/requests?id=demo-17'
  in the log:   grep demo-17 /tmp/demo.log

)");
}

TEST(ExplainedCalls, one_is_better_than_none_and_of_none_nothing_is_said) {
    EXPECT_THAT(explained({{}, failed}, proxy, plain),
                HasSubstr("A call of the gateway, explained\n  GET /search to search, failed\n"));
    EXPECT_THAT(explained({{}, failed}, {.admin = "a"}, plain), Not(HasSubstr("grep")));
    EXPECT_EQ(explained({}, proxy, plain), "");
}

}  // namespace
}  // namespace outrigger::demo
