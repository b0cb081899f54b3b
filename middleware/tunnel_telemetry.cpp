// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/logging/sink.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>
#include "cut.hpp"
#include "milliseconds.hpp"
#include "number.hpp"

#include <cstdint>
#include <span>
#include <string_view>

// ExchangeTelemetry's part for connections that are relayed as they are.
namespace outrigger::middleware {
namespace {

using logging::JsonWriter;
using logging::Level;
using logging::Plain;

// The longest text of a field. Four of them at six bytes a byte and the fixed part fit into a line many times over.
constexpr std::size_t text_most = 1024;

Level level_of(const TunnelEnded& event) noexcept { return event.reason ? Level::warn : Level::info; }

// "HTTP/2 tunnel closed after 3.2 s: 1234 bytes in, 4567 bytes out", and why if it did not end well.
void top_fields(JsonWriter& json, std::string_view timestamp, const TunnelEnded& event) {
    // Milliseconds of a thousandth: seconds.
    const Milliseconds took{event.duration / 1000};
    const Number in{event.received.count()};
    const Number out{event.sent.count()};
    const std::string_view why = event.reason ? to_string(*event.reason) : std::string_view{};
    logging::begin_ecs(json, timestamp, level_of(event), Plain{"HTTP/2 tunnel closed after "},
                       took.text(), Plain{" s: "}, in.text(), Plain{" bytes in, "}, out.text(), Plain{" bytes out"},
                       std::string_view{event.reason ? " (" : ""}, why, std::string_view{event.reason ? ")" : ""});
}

void text(JsonWriter& json, Plain key, std::string_view value) {
    if (!value.empty()) json.field(key, cut(value, text_most));
}

// ECS: client.bytes are those that the client sent, server.bytes those that it got.
void traffic_fields(JsonWriter& json, const TunnelEnded& event) {
    json.members(R"("network":{"protocol":"http"},"http":{"version":"2"})");
    json.open("client");
    text(json, "ip", event.client_ip);
    if (event.client_port != 0) json.field("port", event.client_port);
    json.field("bytes", event.received.count());
    json.close();
    json.open("server");
    json.field("bytes", event.sent.count());
    json.close();
}

void our_fields(JsonWriter& json, const TunnelEnded& event) {
    if (event.endpoint.empty() && !event.reason) return;
    json.open("outrigger");
    if (event.reason) json.plain("reason", to_string(*event.reason));
    text(json, "detail", event.detail);
    text(json, "endpoint", event.endpoint);
    json.close();
}

}  // namespace

void ExchangeTelemetry::emit(const TunnelEnded& event) noexcept {
    if (event.made) recorder_.record_stream(metrics::StreamKind::http2, event.duration);
    if (policy_.keeps(event.reason.has_value(), event.duration, {})) sink_.take(line(event), level_of(event));
}

std::string_view ExchangeTelemetry::line(const TunnelEnded& event) noexcept {
    JsonWriter json{std::span<char>{buffer_.get(), line_max.count()}};
    top_fields(json, timestamp_.write(event.started), event);
    json.members(service_);
    traffic_fields(json, event);
    our_fields(json, event);
    json.open("event");   // the last one, as a Sink wants it
    json.members(R"("dataset":"outrigger.access","kind":"event","category":["network"],"type":["connection","end"])");
    json.plain("outcome", event.reason ? "failure" : "success");
    json.field("duration", event.duration.count());
    json.close();
    return json.finish();
}

}  // namespace outrigger::middleware
