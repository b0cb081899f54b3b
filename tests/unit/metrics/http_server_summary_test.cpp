// SPDX-License-Identifier: Apache-2.0
#include "metrics/http_server_summary.hpp"

#include <gtest/gtest.h>

#include <string>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

constexpr HttpRoute users{1, "/users/{id}"};

// "timeout 2, 500 1"
std::string errors(const HttpServerSummary& summary) {
    std::string text;
    for (const auto& error : summary.errors)
        text += (text.empty() ? "" : ", ") + error.type + " " + std::to_string(error.count);
    return text;
}

TEST(HttpServerSummary, of_nothing_has_no_estimates) {
    const HttpServerSummary summary = HttpServerInstruments{}.summary();
    EXPECT_EQ(summary.requests, 0U);
    EXPECT_FALSE(summary.latency.p50 || summary.overhead.p99);
    EXPECT_TRUE(summary.routes.empty() && summary.errors.empty() && summary.streams.empty());
}

TEST(HttpServerSummary, adds_up_what_all_recorders_saw) {
    HttpServerInstruments instruments;
    auto one = instruments.recorder();
    auto two = instruments.recorder();
    const auto active = one.begin(HttpMethod::get);
    const auto also_active = two.begin(HttpMethod::put);
    one.record({.method = HttpMethod::get, .route = users, .status = 200, .duration = 3ms});
    two.record({.method = HttpMethod::get, .route = users, .status = 404, .duration = 3ms});
    two.record({.method = HttpMethod::get, .status = 500});
    for (int i = 0; i < 2; ++i) one.record({.method = HttpMethod::get, .status = 504, .reason = Reason::timeout});
    two.record({.method = HttpMethod::get, .reason = Reason::caller_left});
    two.record({.method = HttpMethod::get, .status = 799});
    one.record_overhead(20us);
    const HttpServerSummary summary = instruments.summary();
    EXPECT_EQ(summary.requests, 7U);
    EXPECT_EQ(summary.active, 2U);
    EXPECT_EQ(summary.failed, 5U);
    EXPECT_EQ(summary.by_class, (std::array<std::uint64_t, 6>{1, 0, 1, 0, 1, 4}));
    EXPECT_EQ(errors(summary), "timeout 2, 500 1, 799 1, caller_left 1");
    EXPECT_TRUE(summary.overhead.p50 && summary.overhead.p50->at <= 25us);
}

TEST(HttpServerSummary, tells_routes_apart_the_most_frequent_first) {
    HttpServerInstruments instruments;
    auto recorder = instruments.recorder();
    recorder.record({.method = HttpMethod::get, .status = 200});
    for (const int status : {200, 201, 500})
        recorder.record({.method = HttpMethod::get, .route = users, .status = status, .duration = 2s});
    const HttpServerSummary summary = instruments.summary();
    ASSERT_EQ(summary.routes.size(), 2U);
    EXPECT_EQ(summary.routes[0].route, "/users/{id}");
    EXPECT_EQ(summary.routes[0].requests, 3U);
    EXPECT_EQ(summary.routes[0].errors, 1U);
    EXPECT_GT(summary.routes[0].latency.p50->at, 1s);
    EXPECT_EQ(summary.routes[1].route, "");
    EXPECT_LE(summary.routes[1].latency.p99->at, 1ms);
}

TEST(HttpServerSummary, counts_the_series_other_too) {
    HttpServerInstruments instruments{{.series_max = 1}};
    auto recorder = instruments.recorder();
    for (const int status : {200, 500, 503})
        recorder.record({.method = HttpMethod::get, .route = users, .status = status});
    const HttpServerSummary summary = instruments.summary();
    EXPECT_EQ(summary.requests, 3U);
    EXPECT_EQ(summary.by_class[0], 2U) << "their status is not known any more";
    EXPECT_EQ(summary.routes[0].route, "other");
}

TEST(HttpServerSummary, shows_the_streams_that_were_seen) {
    HttpServerInstruments instruments;
    auto recorder = instruments.recorder();
    const auto active = recorder.begin_stream(StreamKind::event_stream);
    recorder.record_stream(StreamKind::http2, 1s);
    const HttpServerSummary summary = instruments.summary();
    ASSERT_EQ(summary.streams.size(), 2U);
    EXPECT_EQ(summary.streams[0].active, 1U);
    EXPECT_EQ(summary.streams[0].ended, 0U);
    EXPECT_EQ(summary.streams[1].kind, StreamKind::http2);
    EXPECT_EQ(summary.streams[1].ended, 1U);
}

}  // namespace
}  // namespace outrigger::metrics
