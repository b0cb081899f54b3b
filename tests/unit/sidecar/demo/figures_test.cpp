// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/figures.hpp"

#include <gtest/gtest.h>

namespace outrigger::demo {
namespace {

TEST(ReadFigures, requests_and_failures_are_summed_over_their_series) {
    const auto figures = read_figures(
        "# HELP http_server_request_duration_seconds Duration of HTTP server requests.\n"
        "# TYPE http_server_request_duration_seconds histogram\n"
        "http_server_request_duration_seconds_bucket{http_route=\"/users/{id}\",le=\"0.001\"} 3\n"
        "http_server_request_duration_seconds_count{http_route=\"/users/{id}\"} 4\n"
        "http_server_request_duration_seconds_sum{http_route=\"/users/{id}\"} 0.5\n"
        "http_server_request_duration_seconds_count{http_route=\"/flaky\",error_type=\"503\"} 2\n"
        "http_server_request_duration_seconds_count{error_type=\"timeout\",http_route=\"/search\"} 1\n"
        "http_server_active_requests{http_request_method=\"GET\"} 5\n"
        "http_server_active_requests{http_request_method=\"POST\"} 1\n"
        "process_open_fds 30\n");
    ASSERT_TRUE(figures);
    EXPECT_EQ(*figures, (Figures{.requests = 7, .failures = 3, .in_flight = 6}));
}

TEST(ReadFigures, a_page_without_the_histogram_gives_nothing) {
    EXPECT_FALSE(read_figures(""));
    EXPECT_FALSE(read_figures("http_server_active_requests 1\n"));
    EXPECT_FALSE(read_figures("<html>not found</html>"));
    EXPECT_FALSE(read_figures("# http_server_request_duration_seconds_count 4\n"));
}

TEST(ReadFigures, braces_quotes_and_names_inside_a_label_do_not_confuse_it) {
    const auto figures = read_figures(
        "http_server_request_duration_seconds_count{http_route=\"/a\\\"} error_type=\\\"x\\\"\"} 4");
    ASSERT_TRUE(figures);
    EXPECT_EQ(*figures, (Figures{.requests = 4}));
}

TEST(ReadFigures, no_labels_an_empty_error_type_and_an_exponent_are_fine) {
    const auto figures = read_figures(
        "http_server_request_duration_seconds_count 1\n"
        "http_server_request_duration_seconds_count{error_type=\"\"} 1.5e+03\n");
    ASSERT_TRUE(figures);
    EXPECT_EQ(*figures, (Figures{.requests = 1501}));
}

TEST(ReadFigures, a_broken_line_counts_nothing) {
    EXPECT_FALSE(read_figures("http_server_request_duration_seconds_count{a=\"b\" 4\n"));
    EXPECT_FALSE(read_figures("http_server_request_duration_seconds_count{a=\"b} 4\n"));
    EXPECT_FALSE(read_figures("http_server_request_duration_seconds_count{a=\"b\\"));
    EXPECT_FALSE(read_figures("http_server_request_duration_seconds_count{} NaN\n"));
    EXPECT_FALSE(read_figures("http_server_request_duration_seconds_count -1\n"));
    EXPECT_FALSE(read_figures("http_server_request_duration_seconds_count"));
}

}  // namespace
}  // namespace outrigger::demo
