// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/sink.hpp>
#include <outrigger/middleware/operational_log.hpp>
#include "cut.hpp"
#include "milliseconds.hpp"
#include "number.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace outrigger::middleware {
namespace {

using namespace std::string_view_literals;
using health::Status;
using logging::JsonWriter;
using logging::Level;

// Six times the longest texts of one event (escaping makes a byte six at worst) and the fixed part fit into a
// line.
constexpr std::size_t text_most = 512;
constexpr std::size_t line_most = 32 << 10;

std::string_view clipped(std::string_view text) noexcept { return cut(text, text_most); }

std::uint64_t seconds(Duration duration) noexcept {
    const auto whole = std::chrono::floor<std::chrono::seconds>(duration).count();
    return whole < 0 ? 0 : static_cast<std::uint64_t>(whole);
}

Level level_of(const health::CheckChanged& event) noexcept {
    switch (event.to) {
        case Status::up: return Level::info;
        case Status::degraded: return Level::warn;
        case Status::unchecked:
        case Status::down: break;
    }
    return event.optional ? Level::warn : Level::error;
}

}  // namespace

OperationalLog::OperationalLog(logging::Sink& sink, std::string service, Level level)
    : sink_{sink}, service_{std::move(service)}, level_{level} {}

// One line: `message` in pieces, then whatever `fields` adds inside "outrigger".
template <class Fields, class... Pieces>
void OperationalLog::write(Level level, std::string_view action, WallTime at, Fields fields,
                           Pieces... message) const noexcept {
    if (level < level_) return;
    std::array<char, line_most> buffer{};
    JsonWriter json{std::span<char>{buffer}};
    logging::Timestamp timestamp;
    logging::begin_ecs(json, timestamp.write(at), level, message...);
    json.open("service");
    json.field("name", clipped(service_));
    json.close();
    fields(json);
    json.open("event");   // the last one, as a Sink wants it
    json.field("dataset", "outrigger.operations");
    if (!action.empty()) json.field("action", action);
    json.close();
    sink_.take(json.finish(), level);
}

void OperationalLog::emit(const SidecarStarted& event, WallTime at) const noexcept {
    const auto fields = [&event](JsonWriter& json) {
        json.open("outrigger");
        json.field("version", clipped(event.version));
        json.field("listen", clipped(event.listen));
        json.field("app", clipped(event.app));
        json.field("admin", clipped(event.admin));
        json.field("workers", event.workers);
        json.close();
    };
    write(Level::info, "sidecar-started", at, fields, "outrigger "sv, clipped(event.version),
          " listens on "sv, clipped(event.listen), " for "sv, clipped(event.app), ", admin on "sv,
          clipped(event.admin));
}

void OperationalLog::emit(const DrainBegan& event, WallTime at) const noexcept {
    const auto fields = [&event](JsonWriter& json) {
        json.open("outrigger");
        json.field("cause", clipped(event.cause));
        json.close();
    };
    write(Level::info, "drain-began", at, fields, "draining ("sv, clipped(event.cause), "), for at most "sv,
          Number{seconds(event.timeout)}.text(), " s"sv);
}

void OperationalLog::emit(const DrainEnded& event, WallTime at) const noexcept {
    const auto fields = [&event](JsonWriter& json) {
        json.open("outrigger");
        json.field("cut", event.cut);
        json.close();
    };
    write(event.cut == 0 ? Level::info : Level::warn, "drain-ended", at, fields, "drained in "sv,
          Milliseconds{event.took}.text(), " ms, exchanges cut: "sv, Number{event.cut}.text());
}

void OperationalLog::emit(const AppMetricsChanged& event, WallTime at) const noexcept {
    const auto fields = [&event](JsonWriter& json) {
        json.open("outrigger");
        json.field("app_metrics_up", event.up);
        json.close();
    };
    if (event.up)
        write(Level::info, "app-metrics-changed", at, fields, "the app's own metrics are part of the page"sv);
    else
        write(Level::warn, "app-metrics-changed", at, fields,
              "the metrics page goes without the app's own: "sv, clipped(event.why));
}

void OperationalLog::emit(const ShippingChanged& event, WallTime at) const noexcept {
    const auto fields = [&event](JsonWriter& json) {
        json.open("outrigger");
        json.field("receiver", clipped(event.destination));
        json.close();
    };
    if (event.trouble.empty())
        write(Level::info, "shipping-changed", at, fields, "log records reach "sv, clipped(event.destination), " again"sv);
    else
        write(Level::warn, "shipping-changed", at, fields, "log records wait: "sv, clipped(event.trouble));
}

void OperationalLog::emit(const health::CheckChanged& event, WallTime at) const noexcept {
    const auto fields = [&event](JsonWriter& json) {
        json.open("outrigger");
        json.field("check", clipped(event.check));
        json.field("from", to_string(event.from));
        json.field("to", to_string(event.to));
        json.close();
    };
    write(level_of(event), "check-changed", at, fields, "health check "sv, clipped(event.check), " is "sv,
          to_string(event.to), event.message.empty() ? std::string_view{} : ": "sv, clipped(event.message));
}

void OperationalLog::emit(const health::WorkerChanged& event, WallTime at) const noexcept {
    const auto fields = [&event](JsonWriter& json) {
        json.open("outrigger");
        json.field("worker", clipped(event.worker));
        json.close();
    };
    const Number silence{seconds(event.silence)};
    if (event.stuck)
        write(Level::error, "worker-stuck", at, fields, clipped(event.worker), " gave no sign of life for "sv,
              silence.text(), " s"sv);
    else
        write(Level::info, "worker-recovered", at, fields, clipped(event.worker), " is alive again"sv);
}

void OperationalLog::say(Level level, std::string_view sentence, WallTime at) const noexcept {
    write(
        level, "", at, [](JsonWriter&) {}, clipped(sentence));
}

}  // namespace outrigger::middleware
