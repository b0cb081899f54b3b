// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/registry.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

class HttpServer : public ::testing::Test {
protected:
    explicit HttpServer(HttpServerSettings settings = {}) : instruments{settings} {
        registry.absorb(instruments.source());
    }
    // The line of the page that begins so, without that beginning; "absent" if there is none.
    std::string after(const std::string& beginning) const {
        const std::string page = std::string{"\n"}.append(registry.text_page());
        const auto at = page.find(std::string{"\n"}.append(beginning));
        if (at == std::string::npos) return "absent";
        const auto from = at + 1 + beginning.size();
        return page.substr(from, page.find('\n', from) - from);
    }

    HttpServerInstruments instruments;
    Registry registry;
};

constexpr HttpRoute users{1, "/users/{id}"};

TEST_F(HttpServer, an_exchange_is_in_the_bucket_of_its_duration_and_in_all_above) {
    auto recorder = instruments.recorder();
    recorder.record({.method = HttpMethod::get, .route = users, .status = 200, .duration = 60ms});
    const std::string series =
        "http_server_request_duration_seconds_bucket{http_request_method=\"GET\","
        "http_route=\"/users/{id}\",http_response_status_code=\"200\",le=";
    EXPECT_EQ(after(series + "\"0.05\"}"), " 0");
    EXPECT_EQ(after(series + "\"0.075\"}"), " 1");
    EXPECT_EQ(after(series + "\"+Inf\"}"), " 1");
    EXPECT_EQ(
        after("http_server_request_duration_seconds_sum{"),
        "http_request_method=\"GET\",http_route=\"/users/{id}\",http_response_status_code=\"200\"} 0.06");
}

TEST_F(HttpServer, the_buckets_are_those_of_the_product_page) {
    auto recorder = instruments.recorder();
    recorder.record({.method = HttpMethod::get, .status = 200, .duration = 1ms});
    const std::string page = registry.text_page();
    std::string found;
    for (auto at = page.find(",le=\""); at != std::string::npos; at = page.find(",le=\"", at + 1))
        found += page.substr(at + 5, page.find('"', at + 5) - at - 5) + " ";
    EXPECT_EQ(found, "0.001 0.0025 0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf ");
}

TEST_F(HttpServer, labels_that_do_not_apply_are_left_out) {
    auto recorder = instruments.recorder();
    recorder.record({.method = HttpMethod::other, .reason = Reason::caller_left});
    EXPECT_EQ(after("http_server_request_duration_seconds_count"),
              "{http_request_method=\"_OTHER\",error_type=\"caller_left\"} 1");
}

TEST_F(HttpServer, the_error_type_is_our_reason_or_else_a_5xx_status_or_else_absent) {
    auto recorder = instruments.recorder();
    recorder.record({.method = HttpMethod::get, .status = 502, .reason = Reason::connect_failed});
    recorder.record({.method = HttpMethod::put, .status = 500});
    recorder.record({.method = HttpMethod::head, .status = 404});
    const std::string count = "http_server_request_duration_seconds_count{http_request_method=";
    EXPECT_EQ(after(count + "\"GET\""),
              ",http_response_status_code=\"502\",error_type=\"connect_failed\"} 1");
    EXPECT_EQ(after(count + "\"PUT\""), ",http_response_status_code=\"500\",error_type=\"500\"} 1");
    EXPECT_EQ(after(count + "\"HEAD\""), ",http_response_status_code=\"404\"} 1");
}

TEST_F(HttpServer, body_sizes_are_counted_only_when_they_are_known) {
    auto recorder = instruments.recorder();
    recorder.record({.method = HttpMethod::get, .status = 200, .response_body = Bytes{257}});
    EXPECT_EQ(after("http_server_request_body_size_bytes"), "absent");
    const std::string bucket =
        "http_server_response_body_size_bytes_bucket{http_request_method=\"GET\",http_response_status_code="
        "\"200\",le=";
    EXPECT_EQ(after(bucket + "\"256\"}"), " 0");
    EXPECT_EQ(after(bucket + "\"1024\"}"), " 1");
    EXPECT_EQ(after("http_server_response_body_size_bytes_sum{"),
              "http_request_method=\"GET\",http_response_status_code=\"200\"} 257");
}

TEST_F(HttpServer, a_negative_duration_counts_as_zero) {
    auto recorder = instruments.recorder();
    recorder.record({.method = HttpMethod::get, .status = 200, .duration = -1s});
    EXPECT_EQ(after("http_server_request_duration_seconds_sum{"),
              "http_request_method=\"GET\",http_response_status_code=\"200\"} 0");
}

TEST_F(HttpServer, active_requests_rise_and_fall_with_their_guards) {
    auto recorder = instruments.recorder();
    EXPECT_EQ(after("http_server_active_requests"), "absent");
    {
        auto first = recorder.begin(HttpMethod::get);
        const auto second = recorder.begin(HttpMethod::get);
        const auto moved = std::move(first);
        auto elsewhere = instruments.recorder();
        const auto third = elsewhere.begin(HttpMethod::post);
        EXPECT_EQ(after("http_server_active_requests{http_request_method=\"GET\"}"), " 2");
        EXPECT_EQ(instruments.active(), 3U);
    }
    EXPECT_EQ(instruments.active(), 0U);
    EXPECT_EQ(after("http_server_active_requests{http_request_method=\"GET\"}"), " 0");
    EXPECT_EQ(after("http_server_active_requests{http_request_method=\"PUT\"}"), "absent");
}

TEST_F(HttpServer, recorders_add_up_and_what_an_ended_one_counted_stays) {
    auto first = instruments.recorder();
    first.record({.method = HttpMethod::get, .status = 200});
    {
        auto second = instruments.recorder();
        second.record({.method = HttpMethod::get, .status = 200});
        second.record({.method = HttpMethod::get, .status = 204});
    }
    auto third = instruments.recorder();
    third.record({.method = HttpMethod::get, .status = 200});
    const std::string count = "http_server_request_duration_seconds_count{http_request_method=\"GET\",";
    EXPECT_EQ(after(count + "http_response_status_code=\"200\"}"), " 3");
    EXPECT_EQ(after(count + "http_response_status_code=\"204\"}"), " 1");
}

TEST_F(HttpServer, a_duration_carries_the_trace_of_one_exchange_in_its_bucket) {
    auto recorder = instruments.recorder();
    const WallTime at{5s};
    recorder.record({.method = HttpMethod::get, .status = 200, .duration = 60ms, .trace = {"trace1", "span1", at}});
    recorder.record({.method = HttpMethod::get, .status = 200, .duration = 61ms, .trace = {"trace2", "span2", at}});
    recorder.record({.method = HttpMethod::get, .status = 200, .duration = 20s, .trace = {"trace3", "span3", at}});
    recorder.record({.method = HttpMethod::get, .status = 200, .duration = 1s});
    std::vector<MetricFamily> families;
    instruments.source()->collect(families);
    const auto& exemplars = families.at(0).histograms.at(0).exemplars;
    ASSERT_EQ(exemplars.size(), 2U);
    EXPECT_EQ(exemplars[0].labels.text(), "trace_id=\"trace1\",span_id=\"span1\"");
    EXPECT_EQ(exemplars[0].value, 0.06);
    EXPECT_EQ(exemplars[1].labels.value("trace_id"), "trace3");
    EXPECT_TRUE(families.at(1).empty());
}

TEST_F(HttpServer, a_recorder_outlives_its_instruments) {
    auto recorder = HttpServerInstruments{}.recorder();
    const auto guard = recorder.begin(HttpMethod::get);
    recorder.record({.method = HttpMethod::get, .status = 200});  // the address sanitizer is the judge
}

class SmallHttpServer : public HttpServer {
protected:
    SmallHttpServer() : HttpServer{{.series_max = 2}} {}
};

TEST_F(SmallHttpServer, past_the_cap_new_label_sets_fall_into_one_other_series_and_are_counted) {
    auto recorder = instruments.recorder();
    EXPECT_EQ(after("outrigger_series_overflow_total{family=\"http_server_request_duration_seconds\"}"),
              " 0");
    for (const int status : {200, 201, 202, 203, 204, 202, 201})
        recorder.record(
            {.method = HttpMethod::get, .route = users, .status = status, .request_body = Bytes{1}});
    const std::string count = "http_server_request_duration_seconds_count{http_request_method=";
    EXPECT_EQ(after(count + "\"GET\",http_route=\"/users/{id}\",http_response_status_code=\"200\"}"), " 1");
    EXPECT_EQ(after(count + "\"GET\",http_route=\"/users/{id}\",http_response_status_code=\"201\"}"), " 2");
    EXPECT_EQ(after(count + "\"GET\",http_route=\"/users/{id}\",http_response_status_code=\"202\"}"),
              "absent");
    EXPECT_EQ(after(count + "\"other\",http_route=\"other\",http_response_status_code=\"other\"}"), " 4");
    const std::string overflow = "outrigger_series_overflow_total{family=\"http_server_";
    EXPECT_EQ(after(overflow + "request_duration_seconds\"}"), " 4");
    EXPECT_EQ(after(overflow + "request_body_size_bytes\"}"), " 4");
    EXPECT_EQ(after(overflow + "response_body_size_bytes\"}"), " 0");
}

TEST_F(SmallHttpServer, a_label_set_of_one_worker_is_open_to_another_after_the_cap) {
    auto first = instruments.recorder();
    auto second = instruments.recorder();
    for (const int status : {200, 201, 202}) first.record({.method = HttpMethod::get, .status = status});
    second.record({.method = HttpMethod::get, .status = 201});
    EXPECT_EQ(after("http_server_request_duration_seconds_count{http_request_method=\"GET\","
                    "http_response_status_code=\"201\"}"),
              " 2");
}

TEST(HttpServerSettings, a_cap_out_of_range_is_refused) {
    EXPECT_THROW(HttpServerInstruments{{.series_max = 0}}, std::invalid_argument);
    EXPECT_THROW(HttpServerInstruments{{.series_max = 100'001}}, std::invalid_argument);
}

}  // namespace
}  // namespace outrigger::metrics
