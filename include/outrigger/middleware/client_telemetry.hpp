// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/metrics/http_client.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/access_policy.hpp>

namespace outrigger::middleware {

// An HTTP call to an upstream is over, with all its attempts. Views need to hold only during emit(). An empty view or
// an absent value leaves its field out.
struct ClientCallEnded {
    std::string_view upstream;
    std::string_view method;
    std::string_view path;                // up to the '?': queries are not logged
    std::string_view route = {};          // a template, for http_route
    int status = 0;                       // 0: there was no reply
    std::optional<Reason> reason = {};    // why there was none, or why it is of no use
    std::string_view detail = {};         // one sentence about it
    std::uint32_t attempts = 0;           // 0: it was never sent
    std::string_view trace_id = {};
    std::string_view span_id = {};
    std::string_view request_id = {};
    std::optional<Bytes> request_body = {};
    std::optional<Bytes> response_body = {};
    WallTime ended = {};
    Duration duration = {};
};

// The HTTP calls that a program makes, as metrics and log lines:
//   http_client_request_duration_seconds, http_client_{request,response}_body_size_bytes, http_client_active_requests
// (metrics/http_client.hpp has the labels; calls, not attempts), and one line for each call, in the dataset
// outrigger.calls: error for a status from 500 on, warn for what got no reply, else info. Calls of all libraries and
// pipelines may share one; several in one registry count into the same series. Thread-safe. The registry may end first;
// what this gives out must not outlive it.
class ClientTelemetry {
public:
    struct Settings {
        AccessPolicy lines = AccessPolicy::all();     // which calls get a line
        metrics::HttpClientSettings metrics = {};
    };
    // The log is kept as a copy. Throws std::invalid_argument for a series_max out of range, or another one than that
    // of the registry's first client.
    ClientTelemetry(metrics::Registry& registry, const logging::Logger& log);
    ClientTelemetry(metrics::Registry& registry, const logging::Logger& log, const Settings& settings);
    ~ClientTelemetry();
    ClientTelemetry(const ClientTelemetry&) = delete;
    ClientTelemetry& operator=(const ClientTelemetry&) = delete;

    // One more call is running, until the returned value is destroyed, on whatever thread.
    class Running;
    [[nodiscard]] Running begin(const std::string& upstream, std::string_view method);

private:
    class Upstream;
    class Parts;
    std::unique_ptr<Parts> parts_;
};

class ClientTelemetry::Running {
public:
    Running() noexcept;   // of no call
    Running(Running&& from) noexcept;
    Running& operator=(Running&& from) noexcept;
    ~Running();

    // It is over. Once; later ones, and those of no call, do nothing.
    void end(const ClientCallEnded& event) noexcept;

private:
    friend class ClientTelemetry;
    struct Begun;
    explicit Running(std::unique_ptr<Begun> begun) noexcept;
    std::unique_ptr<Begun> begun_;
};

}   // namespace outrigger::middleware
