// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/client_telemetry.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kept_lines.hpp"

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

class ClientTelemetryTest : public ::testing::Test {
protected:
    [[nodiscard]] bool on_page(const std::string& line) {
        page = registry->text_page();
        return page.find(line + '\n') != std::string::npos;
    }
    std::shared_ptr<KeptLines> kept = std::make_shared<KeptLines>();
    logging::Logger log{{.service = "orders", .sinks = {kept}}};
    std::optional<metrics::Registry> registry{std::in_place};
    ClientTelemetry telemetry{*registry, log};
    std::string page;
};

TEST_F(ClientTelemetryTest, a_call_is_counted_while_it_runs_and_when_it_has_ended) {
    ClientTelemetry::Running running = telemetry.begin("users", "GET");
    EXPECT_TRUE(on_page(R"(http_client_active_requests{upstream="users",http_request_method="GET"} 1)")) << page;
    running.end({.upstream = "users", .method = "GET", .path = "/users/7", .route = "/users/{id}", .status = 200,
                 .attempts = 2, .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736", .request_id = "r-1",
                 .duration = 12ms + 300us});
    EXPECT_TRUE(on_page(R"(http_client_active_requests{upstream="users",http_request_method="GET"} 0)")) << page;
    EXPECT_NE(page.find(R"(http_client_request_duration_seconds_count{upstream="users",http_request_method="GET",)"
                        R"(http_route="/users/{id}",http_response_status_code="200"} 1)"),
              std::string::npos)
        << page;
    const std::string line = kept->take();
    for (const char* part : {R"("log.level":"info")", R"("message":"GET /users/7 of users 200 in 12.3 ms")",
                             R"("dataset":"outrigger.calls")", R"("outcome":"success")", R"("duration":12300000)",
                             R"("status_code":200)", R"("upstream":"users")", R"("attempts":2)",
                             R"("trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"})"})
        EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
    EXPECT_EQ(line.find("reason"), std::string::npos) << line;
    running.end({.upstream = "users", .method = "GET", .path = "/"});   // no call any more
    EXPECT_EQ(kept->take(), "");
}

TEST_F(ClientTelemetryTest, what_got_no_reply_is_a_warning_with_its_reason_and_a_5xx_an_error) {
    telemetry.begin("users", "POST")
        .end({.upstream = "users", .method = "POST", .path = "/", .reason = Reason::circuit_open});
    std::string line = kept->take();
    for (const char* part : {R"("log.level":"warn")", "POST / of users - in 0.0 ms (circuit_open)",
                             R"("reason":"circuit_open")", R"("outcome":"failure")"})
        EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
    EXPECT_EQ(line.find("status_code"), std::string::npos) << line;
    EXPECT_EQ(line.find(R"("origin")"), std::string::npos) << line;   // our own source is of no use to who reads it
    telemetry.begin("users", "GET").end({.upstream = "users", .method = "GET", .path = "/", .status = 503});
    line = kept->take();
    EXPECT_NE(line.find(R"("log.level":"error")"), std::string::npos) << line;
}

TEST_F(ClientTelemetryTest, calls_are_not_one_place_in_the_source) {
    const logging::Logger limited{{.service = "orders", .sinks = {kept}, .site_rate = 1}};
    ClientTelemetry calls{*registry, limited};
    for (int i = 0; i < 5; ++i)
        calls.begin("users", "GET").end({.upstream = "users", .method = "GET", .path = "/", .status = 200});
    EXPECT_EQ(count_of(R"("dataset":"outrigger.calls")", kept->take()), 5U);
}

TEST_F(ClientTelemetryTest, the_registry_may_end_first) {
    ClientTelemetry::Running running = telemetry.begin("users", "GET");
    registry.reset();
    running.end({.upstream = "users", .method = "GET", .path = "/", .status = 200});
    EXPECT_NE(kept->take(), "");
}

TEST_F(ClientTelemetryTest, many_threads_count_together) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([this] {
            for (int n = 0; n < 250; ++n)
                telemetry.begin("users", "GET").end({.upstream = "users", .method = "GET", .path = "/", .status = 200});
        });
    for (std::thread& one : threads) one.join();
    EXPECT_TRUE(on_page(R"(http_client_request_duration_seconds_count{upstream="users",http_request_method="GET",)"
                        R"(http_response_status_code="200"} 1000)"))
        << page;
    EXPECT_TRUE(on_page(R"(http_client_active_requests{upstream="users",http_request_method="GET"} 0)")) << page;
    EXPECT_EQ(count_of("\n", kept->take()), 1000U);
}

TEST_F(ClientTelemetryTest, lines_may_be_left_out) {
    ClientTelemetry errors{*registry, log, {.lines = AccessPolicy::errors()}};
    errors.begin("users", "GET").end({.upstream = "users", .method = "GET", .path = "/", .status = 200});
    EXPECT_EQ(kept->take(), "");
    errors.begin("users", "GET").end({.upstream = "users", .method = "GET", .path = "/", .status = 500});
    EXPECT_NE(kept->take(), "");
    EXPECT_TRUE(on_page(R"(http_client_request_duration_seconds_count{upstream="users",http_request_method="GET",)"
                        R"(http_response_status_code="200"} 1)"))
        << page;
    telemetry.begin("users", "GET").end({.upstream = "users", .method = "GET", .path = "/", .status = 200});
    EXPECT_TRUE(on_page(R"(http_client_request_duration_seconds_count{upstream="users",http_request_method="GET",)"
                        R"(http_response_status_code="200"} 2)"))
        << page;   // they share the series
}

}   // namespace
}   // namespace outrigger::middleware
