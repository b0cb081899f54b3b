// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/json_line.hpp>
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/logging/sink.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>
#include "cut.hpp"
#include "redacted_query.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace outrigger::middleware {
namespace {

using logging::JsonLine;

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
constexpr std::size_t word = 128;    // ids, addresses, names, versions; there are nine
constexpr std::size_t fixed = 2048;  // names, punctuation, numbers
constexpr std::size_t texts =
    2 * method + path + query + message_path + user_agent + host + route + detail + service + 9 * word;
static_assert(6 * texts + fixed <= ExchangeTelemetry::line_max.count());
}  // namespace most

bool failed(const ExchangeEnded& event) noexcept { return event.reason || event.status >= 500; }

logging::Level level_of(const ExchangeEnded& event) noexcept {
    if (event.status >= 500) return logging::Level::error;
    return event.reason ? logging::Level::warn : logging::Level::info;
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

// From here on the line itself: read the literals, and its shape is before you.

// A member that is left out if its text is empty.
[[gnu::always_inline]] inline void text(JsonLine& json, std::string_view before, std::string_view value,
                                        std::size_t at_most, std::string_view behind = R"(",)") {
    if (!value.empty()) json.text(before, cut(value, at_most), behind);
}

// A text that mostly is this one: its copy is inlined.
[[gnu::always_inline]] inline void usual(JsonLine& json, std::string_view usual, std::string_view value,
                                         std::size_t at_most) {
    if (value == usual)
        json.raw(usual);
    else
        json.text(cut(value, at_most));
}

// A member whose text is an id, which mostly has so many digits.
template <std::size_t Size>
[[gnu::always_inline]] inline void id(JsonLine& json, std::string_view before, std::string_view value,
                                      std::string_view behind = R"(",)") {
    if (value.empty()) return;
    json.raw(before);
    json.text<Size>(cut(value, most::word));
    json.raw(behind);
}

// Literals of its own for each, so that no length is looked up.
void level_member(JsonLine& json, const ExchangeEnded& event) {
    if (event.status >= 500)
        json.raw(R"("log.level":"error",)");
    else if (event.reason)
        json.raw(R"("log.level":"warn",)");
    else
        json.raw(R"("log.level":"info",)");
}

void outcome_member(JsonLine& json, const ExchangeEnded& event) {
    if (failed(event))
        json.raw(R"("outcome":"failure",)");
    else
        json.raw(R"("outcome":"success",)");
}

// Milliseconds with one digit after the point, cut: "12.3". Negative ones are "0.0".
void milliseconds(JsonLine& json, Duration duration) {
    const std::uint64_t tenths = static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count()) / 100'000;
    json.number("", tenths / 10, ".");
    json.digit(static_cast<unsigned>(tenths % 10));
    json.raw(" ms");
}

// "GET /users/7 200 in 12.3 ms", or "GET /users/7 502 in 12.3 ms (connect_failed)".
void message_member(JsonLine& json, const ExchangeEnded& event, std::string_view path) {
    json.raw(R"("message":")");
    usual(json, "GET", event.method, most::method);
    json.text(" ", cut(path, most::message_path), " ");
    if (event.status == 0)
        json.raw("-");
    else
        json.number(event.status);
    json.raw(" in ");
    milliseconds(json, event.duration);
    if (event.reason) json.raw(" (", to_string(*event.reason), ")");
    json.raw(R"(",)");
}

void http_members(JsonLine& json, const ExchangeEnded& event) {
    json.raw(R"("http":{)");
    if (!event.http_version.empty()) {
        json.raw(R"("version":")");
        usual(json, "1.1", event.http_version, most::word);
        json.raw(R"(",)");
    }
    json.raw(R"("request":{)");
    id<32>(json, R"("id":")", event.request_id);
    if (!event.method.empty()) {
        json.raw(R"("method":")");
        usual(json, "GET", event.method, most::method);
        json.raw(R"(",)");
    }
    if (event.request_body) json.number(R"("body":{"bytes":)", event.request_body->count(), "},");
    json.close();
    if (event.status != 0 || event.response_body) {
        json.raw(R"("response":{)");
        if (event.status != 0) json.number(R"("status_code":)", event.status, ",");
        if (event.response_body) json.number(R"("body":{"bytes":)", event.response_body->count(), "},");
        json.close();
    }
    json.close();
}

void url_members(JsonLine& json, const ExchangeEnded& event, const Url& url) {
    json.raw(R"("url":{)");
    text(json, R"("path":")", url.path, most::path);
    text(json, R"("query":")", url.query, most::query);
    text(json, R"("domain":")", domain_of(event.host), most::host);
    json.close();
}

void client_members(JsonLine& json, const ExchangeEnded& event) {
    if (!event.client_ip.empty()) {
        json.text(R"("client":{"ip":")", cut(event.client_ip, most::word), R"(",)");
        if (event.client_port != 0) json.number(R"("port":)", event.client_port, ",");
        json.close();
    }
    text(json, R"("user_agent":{"original":")", event.user_agent, most::user_agent, R"("},)");
}

void our_members(JsonLine& json, const ExchangeEnded& event) {
    const bool any = event.reason || !event.route.template_.empty() || !event.detail.empty() ||
                     !event.endpoint.empty() || !event.parent_span_id.empty() || event.stream || !event.upstream.empty();
    if (!any) return;
    json.raw(R"("outrigger":{)");
    text(json, R"("route":")", event.route.template_, most::route);
    if (event.reason) json.raw(R"("reason":")", to_string(*event.reason), R"(",)");
    text(json, R"("detail":")", event.detail, most::detail);
    if (!event.upstream.empty()) {
        json.text(R"("upstream":")", cut(event.upstream, most::word), R"(",)");
        json.number(R"("attempts":)", event.attempts, ",");
    }
    text(json, R"("endpoint":")", event.endpoint, most::word);
    id<16>(json, R"("parent_span":")", event.parent_span_id);
    if (event.stream) {
        json.raw(R"("stream":{"kind":")", to_string(*event.stream), R"(",)");
        json.number(R"("duration":)", event.stream_duration.count(), "},");   // nanoseconds, as event.duration
    }
    json.close();
}

// "service":{"name":"..."}, the same in every line.
std::string service_member(std::string_view name) {
    std::vector<char> buffer;
    logging::JsonWriter json{buffer};
    json.open("service");
    if (!name.empty()) json.field("name", cut(name, most::service));
    json.close();
    const std::string_view object = json.finish();
    return std::string{object.substr(1, object.size() - 3)};   // without { and }\n
}

}  // namespace

ExchangeTelemetry::ExchangeTelemetry(metrics::HttpServerRecorder& recorder, logging::Sink& sink,
                                     std::string_view service, AccessPolicy policy,
                                     const logging::Redaction* redaction)
    : recorder_{recorder},
      sink_{sink},
      service_{service_member(service)},
      constant_{R"("ecs.version":"9.4.0",)" + service_ + ','},
      policy_{policy},
      redaction_{redaction},
      buffer_{std::make_unique_for_overwrite<char[]>(line_max.count())} {}

namespace {

// When the exchange ended. No exchange lasts longer than a year: what a broken clock says overflows nothing.
WallTime end_of(const ExchangeEnded& event) noexcept {
    constexpr Duration longest = std::chrono::hours{24 * 365};
    return event.started + std::clamp(event.duration, Duration::zero(), longest);
}

metrics::HttpCall call_of(const ExchangeEnded& event) noexcept {
    return {.method = metrics::http_method(event.method),
            .route = event.route,
            .status = event.status,
            .reason = event.reason,
            .duration = event.duration,
            .request_body = event.request_body,
            .response_body = event.response_body,
            .trace = {event.trace_id, event.span_id, end_of(event)}};
}

}  // namespace

inline void ExchangeTelemetry::log(const ExchangeEnded& event) noexcept {
    if (policy_.keeps(failed(event), event.duration, event.trace_id)) sink_.take(line(event), level_of(event));
}

void ExchangeTelemetry::emit(const ExchangeEnded& event) noexcept {
    recorder_.record(call_of(event));
    if (event.overhead) recorder_.record_overhead(*event.overhead);
    if (event.stream) recorder_.record_stream(*event.stream, event.stream_duration);
    log(event);
}

void ExchangeTelemetry::emit(const ExchangeEnded& event, metrics::HttpClientRecorder& calls) noexcept {
    calls.record(call_of(event));
    if (event.overhead) recorder_.record_overhead(*event.overhead);
    if (event.stream) recorder_.record_stream(*event.stream, event.stream_duration);
    log(event);
}

std::string_view ExchangeTelemetry::line(const ExchangeEnded& event) noexcept {
    JsonLine json{buffer_.get()};
    Url url{event.path};
    if (redaction_) url.query = redacted_query(cut(url.query, most::query), *redaction_, query_);
    json.raw(R"({"@timestamp":")", timestamp_.write(event.started), R"(",)");
    level_member(json, event);
    message_member(json, event, url.path);
    json.raw(constant_);
    http_members(json, event);
    url_members(json, event, url);
    client_members(json, event);
    id<32>(json, R"("trace":{"id":")", event.trace_id, R"("},)");
    id<16>(json, R"("span":{"id":")", event.span_id, R"("},)");
    our_members(json, event);
    // The last one, as a Sink wants it.
    if (event.upstream.empty())
        json.raw(R"("event":{"dataset":"outrigger.access","kind":"event","category":["web"],"type":["access"],)");
    else
        json.raw(R"("event":{"dataset":"outrigger.calls","kind":"event","category":["web"],"type":["access"],)");
    outcome_member(json, event);
    json.number(R"("duration":)", event.duration.count(), "}");   // ECS counts nanoseconds
    return json.finish();
}

}  // namespace outrigger::middleware
