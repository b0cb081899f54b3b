// SPDX-License-Identifier: Apache-2.0
// Every kind of record that the library and the sidecar make, against the list of fields that there may be.
#include "field_list.hpp"

#include <outrigger/core/reason.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>
#include <outrigger/middleware/operational_log.hpp>
#include "logging/shipping/gap_record.hpp"
#include "tests/unit/logging/kept_records.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using namespace std::chrono_literals;

constexpr WallTime at = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}} + 1us;

class EcsFields : public ::testing::Test {
protected:
    void expect_valid(std::size_t at_least) {
        const std::vector<std::string> lines = kept->taken();
        EXPECT_GE(lines.size(), at_least);
        for (const std::string& line : lines)
            for (const std::string& fault : list.faults(line)) ADD_FAILURE() << fault << "\n" << line;
    }
    const FieldList list{ECS_FIELDS};
    std::shared_ptr<KeptRecords> kept = std::make_shared<KeptRecords>();
};

TEST_F(EcsFields, the_list_notices_what_is_not_in_it) {
    EXPECT_FALSE(list.faults("{}\n").empty());
    const std::string good = R"({"@timestamp":"2026-11-20T00:00:00.000001Z","log.level":"info","message":"m",)"
                             R"("ecs.version":"9.4.0","event":{"dataset":"d"}})"
                             "\n";
    EXPECT_TRUE(list.faults(good).empty());
    const auto with = [&good](std::string_view member) {
        std::string line = good;
        return line.insert(line.find("\"event\""), member);
    };
    EXPECT_FALSE(list.faults(with(R"("mine":1,)")).empty());
    EXPECT_FALSE(list.faults(with(R"("trace":{"id":1},)")).empty());
    EXPECT_FALSE(list.faults(with(R"("labels":{"a":{"b":1}},)")).empty());
}

TEST_F(EcsFields, of_exchanges_and_tunnels) {
    metrics::HttpServerInstruments instruments;
    auto recorder = instruments.recorder();
    middleware::ExchangeTelemetry telemetry{recorder, *kept, "orders", middleware::AccessPolicy::all()};
    telemetry.emit(middleware::ExchangeEnded{.method = "GET",
                                             .path = "/users/7?full=1",
                                             .route = {3, "/users/{id}"},
                                             .status = 502,
                                             .reason = Reason::connect_failed,
                                             .detail = "refused",
                                             .request_id = "req-1",
                                             .trace_id = "0af7651916cd43dd8448eb211c80319c",
                                             .span_id = "b7ad6b7169203331",
                                             .parent_span_id = "00f067aa0ba902b7",
                                             .client_ip = "10.0.0.9",
                                             .client_port = 51234,
                                             .user_agent = "curl/7.88.1",
                                             .host = "orders:8080",
                                             .http_version = "1.1",
                                             .endpoint = "127.0.0.1:3000",
                                             .request_body = Bytes{0},
                                             .response_body = Bytes{128},
                                             .started = at,
                                             .duration = 1ms,
                                             .stream = metrics::StreamKind::event_stream,
                                             .stream_duration = 1s});
    telemetry.emit(middleware::ExchangeEnded{.method = "GET", .path = "/", .status = 200, .started = at});
    telemetry.emit(middleware::TunnelEnded{.reason = Reason::connect_failed,
                                           .detail = "refused",
                                           .client_ip = "::1",
                                           .client_port = 1,
                                           .endpoint = "app:1",
                                           .started = at});
    expect_valid(3);
}

TEST_F(EcsFields, of_the_sidecar_s_own_events) {
    const middleware::OperationalLog log{*kept, "orders"};
    log.emit(middleware::SidecarStarted{"0.1.0", "0.0.0.0:8080", "127.0.0.1:3000", "0.0.0.0:9901", 2}, at);
    log.emit(middleware::DrainBegan{"SIGTERM", 25s}, at);
    log.emit(middleware::DrainEnded{25s, 3}, at);
    log.emit(middleware::AppMetricsChanged{false, "No answer."}, at);
    log.emit(health::CheckChanged{"db", health::Status::up, health::Status::down, "timed out", false}, at);
    log.emit(health::WorkerChanged{"worker-1", true, 31s}, at);
    log.say(Level::warn, "the spool is in memory", at);
    expect_valid(7);
}

TEST_F(EcsFields, of_a_logger_whatever_its_callers_name) {
    const Logger log{{.service = "orders",
                      .version = "1.2",
                      .environment = "prod",
                      .node = "n1",
                      .name = "db",
                      .level = Level::trace,
                      .sinks = {kept},
                      .redact = {"password"},
                      .record_max = Bytes{2048}}};
    log.trace("plain");
    const TraceContext trace{{.trace = "0af7651916cd43dd8448eb211c80319c", .span = "b7ad6b7169203331", .request = "r-1"}};
    log.error("failed", field(std::runtime_error{"no"}), field("event.action", "pay"), field("event.duration", 3ms),
              field("http.request.method", "POST"), field("url.path", "/pay"));
    log.info("moved", field("user", "bob"), field("message", 1), field("event.id", "mine"), field("log.level", "x"),
             field("service.name", "y"), field("labels.password", "z"), field("labels.big", UINT64_MAX));
    log.info(std::string(5'000, 'x'));
    const Context odd{field("labels.a", 1), field("labels.a.b", 2), field("labels.\xff", 3)};
    log.warn("odd");
    kept->looks = 0;
    expect_valid(5);
}

TEST_F(EcsFields, of_gaps) {
    std::string line;
    append_gap_record(line, "orders", at, "spool_full", {1, 2, 3}, at, at);
    (void)kept->take(line, Level::warn);
    expect_valid(1);
}

}   // namespace
