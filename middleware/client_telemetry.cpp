// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/client_telemetry.hpp>
#include "milliseconds.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <source_location>
#include <utility>

#include <outrigger/logging/field.hpp>
#include <outrigger/metrics/http_method.hpp>

namespace outrigger::middleware {
namespace {

using logging::field;
using logging::Field;
using logging::Level;

bool failed(const ClientCallEnded& event) noexcept { return event.reason || event.status >= 500; }

Level level_of(const ClientCallEnded& event) noexcept {
    if (event.status >= 500) return Level::error;
    return event.reason ? Level::warn : Level::info;
}

// "GET /users/7 of users 200 in 12.3 ms", or "GET /users/7 of users - in 12.3 ms (connect_failed)".
std::string sentence(const ClientCallEnded& event) {
    std::string text{event.method};
    text.append(" ").append(event.path).append(" of ").append(event.upstream).append(" ");
    text.append(event.status ? std::to_string(event.status) : "-");
    text.append(" in ").append(Milliseconds{event.duration}.text()).append(" ms");
    if (event.reason) text.append(" (").append(to_string(*event.reason)).append(")");
    return text;
}

void log_line(const logging::Logger& log, const ClientCallEnded& event) {
    const Level level = level_of(event);
    if (!log.enabled(level)) return;
    const Field dataset = field("event.dataset", "outrigger.calls");
    // Of one name the last is written: what is absent is the dataset again.
    const auto where = [&dataset](bool there, const Field& one) { return there ? one : dataset; };
    const auto text = [&where](logging::Key key, std::string_view value) {
        return where(!value.empty(), field(key, value));
    };
    // All calls are told here: it says nothing of where they are made, and site_rate must not take them for one.
    constexpr std::source_location nowhere{};
    log.log(level, {sentence(event), nowhere}, dataset, field("event.duration", event.duration),
            field("event.outcome", failed(event) ? "failure" : "success"), text("http.request.method", event.method),
            text("url.path", event.path), where(event.status != 0, field("http.response.status_code", event.status)),
            text("trace.id", event.trace_id), text("span.id", event.span_id), text("http.request.id", event.request_id),
            field("outrigger.upstream", event.upstream), field("outrigger.attempts", event.attempts),
            text("outrigger.route", event.route), text("outrigger.detail", event.detail),
            text("outrigger.reason", event.reason ? to_string(*event.reason) : std::string_view{}));
}

}   // namespace

// A recorder is one thread's at a time: the mutex makes it so. It is held for the length of a few additions.
class ClientTelemetry::Upstream {
public:
    explicit Upstream(metrics::HttpClientRecorder recorder) noexcept : recorder_{std::move(recorder)} {}

    [[nodiscard]] metrics::ActiveRequest begin(metrics::HttpMethod method) {
        const std::scoped_lock lock{mutex_};
        return recorder_.begin(method);
    }
    void end(metrics::ActiveRequest active) noexcept {
        const std::scoped_lock lock{mutex_};
        const metrics::ActiveRequest ends_here{std::move(active)};
    }
    void record(const metrics::HttpCall& call) noexcept {
        const std::scoped_lock lock{mutex_};
        recorder_.record(call);
    }

private:
    std::mutex mutex_;
    metrics::HttpClientRecorder recorder_;
};

class ClientTelemetry::Parts {
public:
    Parts(metrics::Registry& registry, const logging::Logger& to, const Settings& settings)
        : log{to}, lines{settings.lines}, instruments_{registry.http_client(settings.metrics)} {}
    Upstream& upstream(const std::string& name) {
        const std::scoped_lock lock{mutex_};
        const auto found = upstreams_.find(name);
        if (found != upstreams_.end()) return found->second;
        return upstreams_.try_emplace(name, instruments_.recorder(name)).first->second;
    }

    const logging::Logger log;
    const AccessPolicy lines;

private:
    metrics::HttpClientInstruments instruments_;
    std::mutex mutex_;
    std::map<std::string, Upstream, std::less<>> upstreams_;   // which never moves them
};

struct ClientTelemetry::Running::Begun {
    const Parts& parts;
    Upstream& upstream;
    metrics::ActiveRequest active;
};

ClientTelemetry::ClientTelemetry(metrics::Registry& registry, const logging::Logger& log)
    : ClientTelemetry{registry, log, Settings{}} {}
ClientTelemetry::ClientTelemetry(metrics::Registry& registry, const logging::Logger& log, const Settings& settings)
    : parts_{std::make_unique<Parts>(registry, log, settings)} {}
ClientTelemetry::~ClientTelemetry() = default;

ClientTelemetry::Running ClientTelemetry::begin(const std::string& upstream, std::string_view method) {
    Upstream& one = parts_->upstream(upstream);
    auto begun = std::make_unique<Running::Begun>(*parts_, one, metrics::ActiveRequest{});
    begun->active = one.begin(metrics::http_method(method));
    return Running{std::move(begun)};
}

ClientTelemetry::Running::Running() noexcept = default;
ClientTelemetry::Running::Running(std::unique_ptr<Begun> begun) noexcept : begun_{std::move(begun)} {}
ClientTelemetry::Running::Running(Running&& from) noexcept = default;
ClientTelemetry::Running& ClientTelemetry::Running::operator=(Running&& from) noexcept {
    std::swap(begun_, from.begun_);
    return *this;
}
ClientTelemetry::Running::~Running() {
    if (begun_) begun_->upstream.end(std::move(begun_->active));
}

void ClientTelemetry::Running::end(const ClientCallEnded& event) noexcept {
    if (!begun_) return;
    const std::unique_ptr<Begun> begun = std::move(begun_);
    begun->upstream.end(std::move(begun->active));
    begun->upstream.record({.method = metrics::http_method(event.method),
                            .route = {.template_ = event.route},
                            .status = event.status,
                            .reason = event.reason,
                            .duration = event.duration,
                            .request_body = event.request_body,
                            .response_body = event.response_body,
                            .trace = {.trace_id = event.trace_id, .span_id = event.span_id, .at = event.ended}});
    if (!begun->parts.lines.keeps(failed(event), event.duration, event.trace_id)) return;
    try {
        log_line(begun->parts.log, event);
    } catch (const std::bad_alloc&) {   // a line is lost, and nothing else
    }
}

}   // namespace outrigger::middleware
