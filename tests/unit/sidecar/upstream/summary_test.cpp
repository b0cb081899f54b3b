// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/summary.hpp"

#include <gtest/gtest.h>

#include <outrigger/metrics/parse_page.hpp>

namespace outrigger::upstream {
namespace {

std::vector<Summary> read(std::string_view page) {
    const metrics::ParsedPage parsed = metrics::parse_page(page, metrics::PageFormat::text);
    EXPECT_EQ(parsed.fault, "");
    return summarize(parsed.families);
}

TEST(UpstreamSummary, the_series_of_each_upstream_are_summed_up) {
    const auto all = read(R"(# TYPE http_client_request_duration_seconds histogram
http_client_request_duration_seconds_bucket{upstream="users",http_response_status_code="200",le="+Inf"} 40
http_client_request_duration_seconds_sum{upstream="users",http_response_status_code="200"} 1
http_client_request_duration_seconds_count{upstream="users",http_response_status_code="200"} 40
http_client_request_duration_seconds_bucket{upstream="users",http_response_status_code="503",error_type="circuit_open",le="+Inf"} 3
http_client_request_duration_seconds_sum{upstream="users",http_response_status_code="503",error_type="circuit_open"} 1
http_client_request_duration_seconds_count{upstream="users",http_response_status_code="503",error_type="circuit_open"} 3
# TYPE outrigger_attempts_total counter
outrigger_attempts_total{upstream="users",outcome="success"} 40
outrigger_attempts_total{upstream="users",outcome="failure"} 7
# TYPE outrigger_circuit_state gauge
outrigger_circuit_state{upstream="users",state="closed"} 0
outrigger_circuit_state{upstream="users",state="half_open"} 1
# TYPE outrigger_circuit_transitions_total counter
outrigger_circuit_transitions_total{upstream="users",to="open"} 2
outrigger_circuit_transitions_total{upstream="users",to="half_open"} 1
# TYPE outrigger_endpoint_ejections_total counter
outrigger_endpoint_ejections_total{upstream="users"} 1
# TYPE outrigger_endpoints gauge
outrigger_endpoints{upstream="users",state="healthy"} 2
outrigger_endpoints{upstream="users",state="ejected"} 1
# TYPE outrigger_refused_total counter
outrigger_refused_total{upstream="users",reason="circuit_open"} 3
outrigger_refused_total{upstream="users",reason="throttled"} 9
# TYPE outrigger_retries_total counter
outrigger_retries_total{upstream="users",reason="503"} 4
outrigger_retries_total{upstream="users",reason="attempt_timeout"} 3
)");
    EXPECT_EQ(all, (std::vector<Summary>{{.name = "users",
                                          .calls = 43,
                                          .failed = 3,
                                          .attempts = 47,
                                          .retries = 7,
                                          .refused = 3,
                                          .opened = 2,
                                          .circuit = "half_open",
                                          .healthy = 2,
                                          .ejected = 1,
                                          .ejections = 1}}));
}

TEST(UpstreamSummary, what_the_caller_did_wrong_is_no_failure_of_the_upstream) {
    const auto all = read(R"(# TYPE http_client_request_duration_seconds histogram
http_client_request_duration_seconds_bucket{upstream="users",error_type="404",le="+Inf"} 2
http_client_request_duration_seconds_sum{upstream="users",error_type="404"} 1
http_client_request_duration_seconds_count{upstream="users",error_type="404"} 2
)");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].calls, 2U);
    EXPECT_EQ(all[0].failed, 0U);
}

TEST(UpstreamSummary, they_come_in_the_order_of_their_names_and_other_series_are_left_out) {
    const auto all = read(R"(# TYPE outrigger_attempts_total counter
outrigger_attempts_total{upstream="users",outcome="success"} 1
outrigger_attempts_total{upstream="orders",outcome="success"} 1
# TYPE outrigger_build_info gauge
outrigger_build_info{version="1"} 1
)");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "orders");
    EXPECT_EQ(all[1].name, "users");
    EXPECT_TRUE(summarize({}).empty());
}

}  // namespace
}  // namespace outrigger::upstream
