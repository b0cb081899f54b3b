// SPDX-License-Identifier: Apache-2.0
#include "sample_records.hpp"

#include <outrigger/outrigger.hpp>

#include <outrigger/core/manual_blocking_clock.hpp>
#include "logging/shipping/gap_record.hpp"
#include "tests/unit/logging/kept_records.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

constexpr WallTime at = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}} + 1us;
constexpr std::string_view trace_id = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view span_id = "b7ad6b7169203331";

// What is logged between two calls of take() is of one kind.
class Samples {
public:
    void take(std::string kind) {
        for (std::string& line : kept->taken()) all.push_back({kind, std::move(line)});
    }
    std::shared_ptr<KeptRecords> kept = std::make_shared<KeptRecords>();
    const Logger log{{.service = "orders", .level = Level::debug, .origin = Level::error, .sinks = {kept}}};
    std::vector<SampleRecord> all;
};

void access_lines(Samples& samples) {
    metrics::HttpServerInstruments instruments;
    auto recorder = instruments.recorder();
    middleware::ExchangeTelemetry telemetry{recorder, *samples.kept, "orders", middleware::AccessPolicy::all()};
    telemetry.emit(middleware::ExchangeEnded{.method = "GET",
                                             .path = "/users/7?full=1",
                                             .route = {3, "/users/{id}"},
                                             .status = 502,
                                             .reason = Reason::connect_failed,
                                             .detail = "refused",
                                             .request_id = "req-1",
                                             .trace_id = trace_id,
                                             .span_id = span_id,
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
    samples.take("access");
    telemetry.emit(middleware::TunnelEnded{.reason = Reason::connect_failed,
                                           .detail = "refused",
                                           .client_ip = "::1",
                                           .client_port = 1,
                                           .endpoint = "app:1",
                                           .started = at});
    samples.take("tunnel");
}

void call_lines(Samples& samples) {
    metrics::Registry registry;
    middleware::ClientTelemetry telemetry{registry, samples.log};
    auto running = telemetry.begin("users", "GET");
    running.end({.upstream = "users",
                 .method = "GET",
                 .path = "/users/7",
                 .route = "/users/{id}",
                 .status = 503,
                 .reason = Reason::call_failed,
                 .detail = "no use",
                 .attempts = 3,
                 .trace_id = trace_id,
                 .span_id = span_id,
                 .request_id = "r-1",
                 .request_body = Bytes{0},
                 .response_body = Bytes{0},
                 .ended = at,
                 .duration = 1ms});
    samples.take("call");
}

void operational_lines(Samples& samples) {
    const middleware::OperationalLog log{*samples.kept, "orders"};
    log.emit(middleware::SidecarStarted{"0.1.0", "0.0.0.0:8080", "127.0.0.1:3000", "0.0.0.0:9901", 2}, at);
    log.emit(middleware::DrainBegan{"SIGTERM", 25s}, at);
    log.emit(middleware::DrainEnded{25s, 3}, at);
    log.emit(middleware::AppMetricsChanged{false, "No answer."}, at);
    log.emit(middleware::ShippingChanged{"logstash:8080", "No answer."}, at);
    log.emit(health::CheckChanged{"db", health::Status::up, health::Status::down, "timed out", false}, at);
    log.emit(health::WorkerChanged{"worker-1", true, 31s}, at);
    log.say(Level::warn, "the spool is in memory", at);
    samples.take("operations");
}

void policy_lines(Samples& samples) {
    metrics::Registry registry;
    middleware::PolicyTelemetry telemetry{registry, samples.log};
    telemetry.observer("users").on(resilience::Event{resilience::CallRefused{"users", Fault{Reason::circuit_open}}});
    samples.take("policy");
}

// One hook throws.
void shutdown_lines(Samples& samples) {
    ManualBlockingClock clock;
    middleware::Lifecycle lifecycle{{.log = samples.log, .delay = 0s, .signals = {}, .clock = &clock,
                                     .execute = [](const auto& run) { run(); }}};
    lifecycle.close("server", [] { throw std::runtime_error{"no"}; });
    (void)lifecycle.shutdown("SIGTERM");
    samples.take("shutdown");
}

// One record is cut; one place says so much that most of it is left out.
void write_own_lines(Samples& samples) {
    ManualBlockingClock clock;
    const Logger log{{.service = "orders",
                      .version = "1.2",
                      .environment = "prod",
                      .node = "n1",
                      .name = "db",
                      .sinks = {samples.kept},
                      .record_max = Bytes{1024},
                      .site_rate = 1,
                      .clock = &clock}};
    const TraceContext trace{{.trace = trace_id, .span = span_id, .request = "r-1"}};
    log.error("failed", field(std::runtime_error{"no"}));
    for (int second = 0; second < 3; ++second) {
        for (int i = 0; i < 2; ++i) log.info(std::string(5'000, 'x'));
        clock.advance(1s);
    }
}

void own_lines(Samples& samples) {
    write_own_lines(samples);   // the logger's last words, too
    samples.take("own");
}

void gap_lines(Samples& samples) {
    std::string line;
    append_gap_record(line, "orders", at, "evicted", {1, 2, 3}, at, at);
    (void)samples.kept->take(line, Level::warn);
    samples.take("gap");
}

}   // namespace

std::vector<SampleRecord> sample_records() {
    Samples samples;
    access_lines(samples);
    call_lines(samples);
    operational_lines(samples);
    policy_lines(samples);
    shutdown_lines(samples);
    own_lines(samples);
    gap_lines(samples);
    return samples.all;
}

}   // namespace outrigger::logging
