// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/logging/writer.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>
#include "cut.hpp"
#include "milliseconds.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace outrigger::middleware {
namespace {

using logging::JsonWriter;
using logging::Level;
using logging::Plain;

// How many bytes of each text a line takes at most. Escaping makes a byte six at worst; 6 * (the sum of
// these) and the fixed part stay below line_max, so that a line always fits its buffer.
namespace most {
constexpr std::size_t method = 32;
constexpr std::size_t path = 2048;
constexpr std::size_t query = 2048;
constexpr std::size_t message_path = 256;
constexpr std::size_t user_agent = 1024;
constexpr std::size_t host = 255;  // the longest DNS name
constexpr std::size_t route = 256;
constexpr std::size_t detail = 1024;
constexpr std::size_t service = 256;
constexpr std::size_t word = 128;    // ids, addresses, versions; there are eight
constexpr std::size_t fixed = 2048;  // names, punctuation, numbers
constexpr std::size_t texts =
    2 * method + path + query + message_path + user_agent + host + route + detail + service + 8 * word;
static_assert(6 * texts + fixed <= ExchangeTelemetry::line_max.count());
}  // namespace most

bool failed(const ExchangeEnded& event) noexcept { return event.reason || event.status >= 500; }

Level level_of(const ExchangeEnded& event) noexcept {
    if (event.status >= 500) return Level::error;
    return event.reason ? Level::warn : Level::info;
}

// A target's path, and its query without the mark.
struct Url {
    explicit Url(std::string_view target) noexcept : path{target.substr(0, target.find('?'))} {
        if (path.size() < target.size()) query = target.substr(path.size() + 1);
    }
    std::string_view path;
    std::string_view query;
};

// The host without its port; the brackets of an IPv6 address stay, as ECS wants them.
std::string_view domain_of(std::string_view host) noexcept {
    const auto address_end = host.starts_with('[') ? host.find(']') : 0;
    return host.substr(0, host.find(':', address_end));
}

[[gnu::always_inline]] inline void text(JsonWriter& json, Plain key, std::string_view value,
                                        std::size_t at_most = most::word) {
    if (!value.empty()) json.field(key, cut(value, at_most));
}

// "GET /users/7 200 in 12.3 ms", or "GET /users/7 502 in 12.3 ms (connect_failed)".
void top_fields(JsonWriter& json, std::string_view timestamp, const ExchangeEnded& event, const Url& url) {
    std::array<char, 12> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), event.status).ptr;
    const Plain status = event.status == 0 ? Plain{"-"} : Plain::vouched({digits.data(), end});
    const Milliseconds duration{event.duration};
    const Plain took = Plain::vouched(duration.text());
    const std::string_view method = cut(event.method, most::method);
    const std::string_view path = cut(url.path, most::message_path);
    const Level level = level_of(event);
    if (event.reason)
        logging::begin_ecs(json, timestamp, level, method, Plain{" "}, path, Plain{" "}, status,
                           Plain{" in "}, took, Plain{" ms ("}, Plain::vouched(to_string(*event.reason)), Plain{")"});
    else
        logging::begin_ecs(json, timestamp, level, method, Plain{" "}, path, Plain{" "}, status,
                           Plain{" in "}, took, Plain{" ms"});
}

void event_fields(JsonWriter& json, const ExchangeEnded& event) {
    json.open("event");
    json.members(R"("dataset":"outrigger.access","kind":"event","category":["web"],"type":["access"])");
    json.plain("outcome", failed(event) ? "failure" : "success");
    json.field("duration", event.duration.count());  // ECS counts nanoseconds
    json.close();
}

void http_fields(JsonWriter& json, const ExchangeEnded& event) {
    json.open("http");
    text(json, "version", event.http_version);
    json.open("request");
    text(json, "id", event.request_id);
    text(json, "method", event.method, most::method);
    if (event.request_body) json.field("body", "bytes", event.request_body->count());
    json.close();
    if (event.status != 0 || event.response_body) {
        json.open("response");
        if (event.status != 0) json.field("status_code", event.status);
        if (event.response_body) json.field("body", "bytes", event.response_body->count());
        json.close();
    }
    json.close();
}

void url_fields(JsonWriter& json, const ExchangeEnded& event, const Url& url) {
    json.open("url");
    text(json, "path", url.path, most::path);
    text(json, "query", url.query, most::query);
    text(json, "domain", domain_of(event.host), most::host);
    json.close();
}

void client_fields(JsonWriter& json, const ExchangeEnded& event) {
    if (!event.client_ip.empty()) {
        json.open("client");
        text(json, "ip", event.client_ip);
        if (event.client_port != 0) json.field("port", event.client_port);
        json.close();
    }
    if (!event.user_agent.empty()) json.field("user_agent", "original", cut(event.user_agent, most::user_agent));
}

// "trace":{"id":"..."}, the form of ECS' tracing fields.
[[gnu::always_inline]] inline void id_field(JsonWriter& json, Plain object, std::string_view id) {
    if (!id.empty()) json.field(object, "id", cut(id, most::word));
}

// "service":{"name":"..."}, the same in every line.
std::string service_member(std::string_view name) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    json.open("service");
    text(json, "name", name, most::service);
    json.close();
    const std::string_view object = json.finish();
    return std::string{object.substr(1, object.size() - 3)};   // without { and }\n
}

void our_fields(JsonWriter& json, const ExchangeEnded& event) {
    const bool any = event.reason || !event.route.template_.empty() || !event.detail.empty() ||
                     !event.endpoint.empty() || !event.parent_span_id.empty() || event.stream;
    if (!any) return;
    json.open("outrigger");
    text(json, "route", event.route.template_, most::route);
    if (event.reason) json.plain("reason", to_string(*event.reason));
    text(json, "detail", event.detail, most::detail);
    text(json, "endpoint", event.endpoint);
    text(json, "parent_span", event.parent_span_id);
    if (event.stream) {
        json.open("stream");
        json.plain("kind", to_string(*event.stream));
        json.field("duration", event.stream_duration.count());  // nanoseconds, as event.duration
        json.close();
    }
    json.close();
}

}  // namespace

ExchangeTelemetry::ExchangeTelemetry(metrics::HttpServerRecorder& recorder, logging::Writer& writer,
                                     std::string_view service, AccessPolicy policy)
    : recorder_{recorder},
      writer_{writer},
      service_{service_member(service)},
      policy_{policy},
      buffer_{std::make_unique_for_overwrite<char[]>(line_max.count())} {}

void ExchangeTelemetry::emit(const ExchangeEnded& event) noexcept {
    recorder_.record({.method = metrics::http_method(event.method),
                      .route = event.route,
                      .status = event.status,
                      .reason = event.reason,
                      .duration = event.duration,
                      .request_body = event.request_body,
                      .response_body = event.response_body});
    if (event.overhead) recorder_.record_overhead(*event.overhead);
    if (event.stream) recorder_.record_stream(*event.stream, event.stream_duration);
    if (policy_.keeps(failed(event), event.duration, event.trace_id)) writer_.append(line(event));
}

std::string_view ExchangeTelemetry::line(const ExchangeEnded& event) noexcept {
    JsonWriter json{std::span<char>{buffer_.get(), line_max.count()}};
    const Url url{event.path};
    top_fields(json, timestamp_.write(event.started), event, url);
    json.members(service_);
    event_fields(json, event);
    http_fields(json, event);
    url_fields(json, event, url);
    client_fields(json, event);
    id_field(json, "trace", event.trace_id);
    id_field(json, "span", event.span_id);
    our_fields(json, event);
    return json.finish();
}

}  // namespace outrigger::middleware
