// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/http_client.hpp>

#include <gtest/gtest.h>

#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/registry.hpp>

#include <stdexcept>
#include <string>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

class HttpClient : public ::testing::Test {
protected:
    explicit HttpClient(HttpClientSettings settings = {}) : instruments{settings} { registry.absorb(instruments.source()); }
    // The line of the page that begins so, without that beginning; "absent" if there is none.
    [[nodiscard]] std::string after(const std::string& beginning) const {
        const std::string page = "\n" + registry.text_page();
        const auto at = page.find("\n" + beginning);
        if (at == std::string::npos) return "absent";
        const auto from = at + 1 + beginning.size();
        return page.substr(from, page.find('\n', from) - from);
    }

    HttpClientInstruments instruments;
    Registry registry;
};

const std::string duration_count = "http_client_request_duration_seconds_count{upstream=";

TEST_F(HttpClient, calls_are_told_apart_by_their_upstream) {
    auto users = instruments.recorder("users");
    auto orders = instruments.recorder("orders");
    users.record({.method = HttpMethod::get, .route = {1, "/users/{id}"}, .status = 200, .duration = 60ms});
    orders.record({.method = HttpMethod::get, .status = 200});
    orders.record({.method = HttpMethod::get, .status = 200});
    EXPECT_EQ(after(duration_count + "\"users\""),
              ",http_request_method=\"GET\",http_route=\"/users/{id}\",http_response_status_code=\"200\"} 1");
    EXPECT_EQ(after(duration_count + "\"orders\""), ",http_request_method=\"GET\",http_response_status_code=\"200\"} 2");
    EXPECT_EQ(after("http_client_request_duration_seconds_sum{upstream=\"users\""),
              ",http_request_method=\"GET\",http_route=\"/users/{id}\",http_response_status_code=\"200\"} 0.06");
}

TEST_F(HttpClient, the_error_type_is_our_reason_or_else_a_status_from_400_on) {
    auto users = instruments.recorder("users");
    users.record({.method = HttpMethod::get, .status = 404});
    users.record({.method = HttpMethod::put, .status = 503, .reason = Reason::circuit_open});
    users.record({.method = HttpMethod::head, .status = 399});
    const std::string count = duration_count + "\"users\",http_request_method=";
    EXPECT_EQ(after(count + "\"GET\""), ",http_response_status_code=\"404\",error_type=\"404\"} 1");
    EXPECT_EQ(after(count + "\"PUT\""), ",http_response_status_code=\"503\",error_type=\"circuit_open\"} 1");
    EXPECT_EQ(after(count + "\"HEAD\""), ",http_response_status_code=\"399\"} 1");
}

TEST_F(HttpClient, body_sizes_and_active_requests_have_the_upstream_too) {
    auto users = instruments.recorder("users");
    const auto running = users.begin(HttpMethod::post);
    users.record({.method = HttpMethod::post, .status = 201, .request_body = Bytes{100}, .response_body = Bytes{7}});
    EXPECT_EQ(after("http_client_active_requests{upstream=\"users\",http_request_method=\"POST\"}"), " 1");
    EXPECT_EQ(after("http_client_request_body_size_bytes_sum{upstream=\"users\""),
              ",http_request_method=\"POST\",http_response_status_code=\"201\"} 100");
    EXPECT_EQ(after("http_client_response_body_size_bytes_sum{upstream=\"users\""),
              ",http_request_method=\"POST\",http_response_status_code=\"201\"} 7");
}

TEST_F(HttpClient, recorders_of_one_upstream_add_up) {
    auto first = instruments.recorder("users");
    { instruments.recorder("users").record({.method = HttpMethod::get, .status = 200}); }
    first.record({.method = HttpMethod::get, .status = 200});
    EXPECT_EQ(after(duration_count + "\"users\""), ",http_request_method=\"GET\",http_response_status_code=\"200\"} 2");
}

TEST_F(HttpClient, both_sides_share_a_page) {
    HttpServerInstruments server;
    registry.absorb(server.source());
    auto recorder = server.recorder();
    recorder.record({.method = HttpMethod::get, .status = 404});
    EXPECT_EQ(after("http_server_request_duration_seconds_count{"),
              "http_request_method=\"GET\",http_response_status_code=\"404\"} 1");
}

class SmallHttpClient : public HttpClient {
protected:
    SmallHttpClient() : HttpClient{{.series_max = 2}} {}
};

TEST_F(SmallHttpClient, all_upstreams_share_the_cap_and_the_other_series) {
    auto users = instruments.recorder("users");
    auto orders = instruments.recorder("orders");
    for (const int status : {200, 201, 202}) users.record({.method = HttpMethod::get, .status = status});
    orders.record({.method = HttpMethod::get, .status = 200});
    EXPECT_EQ(after(duration_count + "\"users\",http_request_method=\"GET\",http_response_status_code=\"201\"}"), " 1");
    EXPECT_EQ(after(duration_count + "\"orders\""), "absent");
    EXPECT_EQ(after(duration_count + "\"other\""),
              ",http_request_method=\"other\",http_route=\"other\",http_response_status_code=\"other\"} 2");
    EXPECT_EQ(after("outrigger_series_overflow_total{family=\"http_client_request_duration_seconds\"}"), " 2");
}

TEST(HttpClientSettings, a_cap_out_of_range_is_refused) {
    EXPECT_THROW(HttpClientInstruments{{.series_max = 0}}, std::invalid_argument);
}

}  // namespace
}  // namespace outrigger::metrics
