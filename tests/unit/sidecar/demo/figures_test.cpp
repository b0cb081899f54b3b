// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/figures.hpp"

#include <gtest/gtest.h>

#include <string>

namespace outrigger::demo {
namespace {

constexpr const char* page = R"(# TYPE outrigger_build_info gauge
outrigger_build_info{version="1"} 1
# TYPE http_server_request_duration_seconds histogram
http_server_request_duration_seconds_bucket{http_route="/users/{id}",le="+Inf"} 4
http_server_request_duration_seconds_sum{http_route="/users/{id}"} 0.5
http_server_request_duration_seconds_count{http_route="/users/{id}"} 4
http_server_request_duration_seconds_bucket{http_route="/flaky",error_type="503",le="+Inf"} 2
http_server_request_duration_seconds_sum{http_route="/flaky",error_type="503"} 0.5
http_server_request_duration_seconds_count{http_route="/flaky",error_type="503"} 2
# TYPE http_server_active_requests gauge
http_server_active_requests{http_request_method="GET"} 5
http_server_active_requests{http_request_method="POST"} 1
# TYPE http_client_active_requests gauge
http_client_active_requests{upstream="users",http_request_method="GET"} 2
# TYPE http_client_request_duration_seconds histogram
http_client_request_duration_seconds_bucket{upstream="users",le="+Inf"} 3
http_client_request_duration_seconds_sum{upstream="users"} 0.5
http_client_request_duration_seconds_count{upstream="users"} 3
http_client_request_duration_seconds_bucket{upstream="orders",error_type="500",le="+Inf"} 1
http_client_request_duration_seconds_sum{upstream="orders",error_type="500"} 0.5
http_client_request_duration_seconds_count{upstream="orders",error_type="500"} 1
# TYPE process_open_fds gauge
process_open_fds 30
)";

TEST(ReadFigures, requests_and_failures_are_summed_over_their_series) {
    const auto figures = read_figures(page);
    ASSERT_TRUE(figures);
    EXPECT_EQ(figures->requests, 6U);
    EXPECT_EQ(figures->failures, 2U);
    EXPECT_EQ(figures->in_flight, 8U);
}

TEST(ReadFigures, calls_are_known_by_upstream_and_all_together) {
    const auto figures = read_figures(page);
    ASSERT_TRUE(figures);
    EXPECT_EQ(figures->of("users").calls, 3U);
    EXPECT_EQ(figures->of("orders").failed, 1U);
    EXPECT_EQ(figures->of("nobody"), upstream::Summary{});
    EXPECT_EQ(figures->calls(), 4U);
    EXPECT_EQ(figures->failed_calls(), 1U);
}

TEST(ReadFigures, before_the_first_request_all_are_zero) {
    const auto figures = read_figures("# TYPE outrigger_build_info gauge\noutrigger_build_info{version=\"1\"} 1\n");
    ASSERT_TRUE(figures);
    EXPECT_EQ(figures->requests + figures->failures + figures->in_flight + figures->calls(), 0U);
}

TEST(ReadFigures, a_page_of_somebody_else_or_with_a_broken_line_gives_nothing) {
    EXPECT_FALSE(read_figures(""));
    EXPECT_FALSE(read_figures("http_server_active_requests 1\n"));
    EXPECT_FALSE(read_figures("<html>not found</html>"));
    EXPECT_FALSE(read_figures(std::string{page} + "{\n"));
}

}  // namespace
}  // namespace outrigger::demo
