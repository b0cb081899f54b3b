// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/health/registry.hpp>
#include <outrigger/logging/level.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace outrigger::logging {
class Sink;
}  // namespace outrigger::logging

namespace outrigger::middleware {

// The process takes traffic.
struct SidecarStarted {
    std::string_view version;
    std::string_view listen;  // "0.0.0.0:8080"
    std::string_view app;     // "127.0.0.1:3000"
    std::string_view admin;   // "0.0.0.0:9901"
    std::size_t workers = 0;
};

// It goes away, or was told to behave so.
struct DrainBegan {
    std::string_view cause;  // "SIGTERM", "POST /drain"
    Duration timeout = {};
};

// No exchange is left, or the timeout has cut the rest.
struct DrainEnded {
    Duration took = {};
    std::size_t cut = 0;  // exchanges cut
};

// The app's own metrics page has become part of ours, or has not.
struct AppMetricsChanged {
    bool up = false;
    std::string_view why;  // a sentence, if it is not
};

// Log records reach their receiver again, or do not.
struct ShippingChanged {
    std::string_view destination;  // "logstash:8080"
    std::string_view trouble;      // a sentence; empty: it is over
};

// The sidecar's own events as log lines (event.dataset "outrigger.operations"), for what happens seldom.
// Lines below the level are left out. Thread-safe: nothing in it changes and the sink takes records from any
// thread.
class OperationalLog {
public:
    OperationalLog(logging::Sink& sink, std::string service, logging::Level level = logging::Level::info);

    void emit(const SidecarStarted& event, WallTime at) const noexcept;
    void emit(const DrainBegan& event, WallTime at) const noexcept;
    void emit(const DrainEnded& event, WallTime at) const noexcept;
    void emit(const AppMetricsChanged& event, WallTime at) const noexcept;
    void emit(const ShippingChanged& event, WallTime at) const noexcept;
    void emit(const health::CheckChanged& event, WallTime at) const noexcept;
    void emit(const health::WorkerChanged& event, WallTime at) const noexcept;

    [[nodiscard]] bool enabled(logging::Level level) const noexcept { return level >= level_; }
    // One sentence that has no event of its own.
    void say(logging::Level level, std::string_view sentence, WallTime at) const noexcept;

private:
    template <class Fields, class... Pieces>
    void write(logging::Level level, std::string_view action, WallTime at, Fields fields,
               Pieces... message) const noexcept;

    logging::Sink& sink_;
    std::string service_;
    logging::Level level_;
};

}  // namespace outrigger::middleware
