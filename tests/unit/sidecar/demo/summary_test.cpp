// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr Style plain{};
constexpr Style terminal{.terminal = true};
const std::string log_file = "/tmp/outrigger-demo.log";

Proxy proxy() {
    return {"127.0.0.1:41234",
            "127.0.0.1:41235",
            {"127.0.0.1:41236", "127.0.0.1:41237", "127.0.0.1:41238", "127.0.0.1:41239"},
            log_file};
}

Results results() {
    return {.took = 20'100ms,
            .routes = {{"GET /users/{id}", 241, 0, 3100us, 5200us, 12ms},
                       {"GET /orders/{id}/items", 180, 0, 7900us, 13ms, 18ms},
                       {"GET /search", 121, 2, 12ms, 380ms, 1003ms}},
            .all = {"all", 542, 2, 7ms, 120ms, 1003ms},
            .reached = 542,
            .served = 540};
}

Comparison calls() {
    Comparison all;
    all[0] = {{.calls = 200}, {.calls = 200, .errors = 20}};
    all[2] = {{.calls = 50, .errors = 1}, {.calls = 50, .errors = 9}};
    return all;
}

// What agrees with both.
Figures figures() {
    return {.requests = 542,
            .failures = 2,
            .upstreams = {{.name = "users", .calls = 400, .failed = 20},
                          {.name = "search", .calls = 100, .failed = 10}}};
}

TEST(Opening, it_names_every_address_and_what_to_try) {
    EXPECT_EQ(opening(proxy(), 37001, 20s, 40_per_second, plain),
              R"(outrigger demo: a small shop, the sidecar before and behind it, 20s of gentle load

  load                       40 requests a second
  -> sidecar                 http://127.0.0.1:41234   times, counts and logs every request
     -> gateway              http://127.0.0.1:37001   the shop's front door
        -> sidecar -> users  http://127.0.0.1:41236   three servers; one will break
        -> sidecar -> orders http://127.0.0.1:41237   fails now and then
        -> sidecar -> search http://127.0.0.1:41238   stuck now and then; will hang
  The gateway makes every call twice: with policies, and without them for comparison.

Look inside while it runs
  open http://127.0.0.1:41235/                    the sidecar's own page
  curl http://127.0.0.1:41235/metrics             its metrics, for Prometheus
  curl http://127.0.0.1:41235/api/requests        what failed or was retried, explained
  curl -i http://127.0.0.1:41234/users/7          a request of your own
  curl -i http://127.0.0.1:41234/flaky            one that fails now and then
  tail -f /tmp/outrigger-demo.log                 a log line per request
  Ctrl-C                                          ends it early

)");
}

TEST(Opening, without_a_log_file_there_is_none_to_follow) {
    Proxy silent = proxy();
    silent.log_file.clear();
    EXPECT_THAT(opening(silent, 1, 20s, 40_per_second, plain), Not(HasSubstr("tail")));
}

TEST(Table, a_line_per_route_and_one_for_all) {
    EXPECT_EQ(table(results(), plain),
              R"(What the load saw: 542 requests in 20.1 s, 2 errors
  route                     requests  errors        p50        p95        max
  GET /users/{id}                241       0     3.1 ms     5.2 ms      12 ms
  GET /orders/{id}/items         180       0     7.9 ms      13 ms      18 ms
  GET /search                    121       2      12 ms     380 ms     1.00 s
  all                            542       2     7.0 ms     120 ms     1.00 s

)");
}

TEST(Table, a_single_request_needs_no_plural_and_no_total) {
    const RouteResult only{"GET /flaky", 1, 1, 3ms, 3ms, 3ms};
    EXPECT_EQ(table({.took = 1s, .routes = {only}, .all = only}, plain),
              R"(What the load saw: 1 request in 1.00 s, 1 error
  route                     requests  errors        p50        p95        max
  GET /flaky                       1       1     3.0 ms     3.0 ms     3.0 ms

)");
}

TEST(Agreement, equal_counts_agree) {
    EXPECT_EQ(agreement(figures(), results(), calls(), "http://127.0.0.1:1/metrics", plain),
              R"(What the sidecar counted, from http://127.0.0.1:1/metrics
  requests            542   the load sent 542: they agree
  errors                2   the load saw 2: they agree
  calls               500   the gateway made 500: they agree
  failed calls         30   the gateway saw 30: they agree
  in flight             0   everything has been answered

)");
}

TEST(Agreement, more_came_from_somebody_else_and_fewer_are_missing) {
    Figures others = figures();
    others.requests = 545;
    others.failures = 1;
    others.in_flight = 1;
    others.upstreams[0].calls = 399;
    EXPECT_EQ(agreement(others, results(), calls(), "URL", plain),
              R"(What the sidecar counted, from URL
  requests            545   the load sent 542: 3 more, so somebody else has called too
  errors                1   the load saw 2: 1 missing
  calls               499   the gateway made 500: 1 missing
  failed calls         30   the gateway saw 30: they agree
  in flight             1   not answered yet

)");
}

TEST(Agreement, what_found_no_connection_is_not_expected_to_be_counted) {
    Results unreached = results();
    unreached.reached = 540;
    EXPECT_THAT(agreement(Figures{.requests = 540, .failures = 2}, unreached, {}, "URL", plain),
                HasSubstr("the load sent 540: they agree"));
}

TEST(Agreement, an_unreadable_page_is_said_to_be_one) {
    EXPECT_EQ(agreement(std::nullopt, results(), {}, "URL", plain),
              "What the sidecar counted, from URL\n  the page could not be read\n\n");
}

TEST(Summary, no_line_is_longer_than_90_columns) {
    std::istringstream lines{
        opening(proxy(), 37001, 20s, 40_per_second, plain) + table(results(), plain) +
        agreement(figures(), results(), calls(), "http://127.0.0.1:41235/metrics", plain)};
    std::size_t longest = 0;
    for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
    EXPECT_LE(longest, 90U);
    EXPECT_GT(longest, 70U);
}

TEST(Style, colour_changes_no_text) {
    std::string coloured = table(results(), terminal);
    EXPECT_THAT(coloured, HasSubstr("\x1b[31m       2\x1b[0m"));
    for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b'))
        coloured.erase(at, coloured.find('m', at) + 1 - at);
    EXPECT_EQ(coloured, table(results(), plain));
}

}  // namespace
}  // namespace outrigger::demo
