// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/metrics/http_client.hpp>
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/middleware/access_policy.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace outrigger::logging {
class Redaction;
class Sink;
}  // namespace outrigger::logging

namespace outrigger::middleware {

// An exchange with a caller is over: answered, refused or abandoned. The caller may be the app itself, with a call to an
// upstream. Views need to hold only during emit().
// An empty view or an absent value leaves its field out.
struct ExchangeEnded {
    std::string_view method;  // as it came
    std::string_view path;    // origin-form target; split at the first '?' into url.path, url.query
    metrics::HttpRoute route = {};
    int status = 0;                     // 0: none was ever sent
    std::optional<Reason> reason = {};  // why the sidecar itself answered, or the exchange broke
    std::string_view detail = {};       // one sentence about it
    std::string_view request_id = {};
    std::string_view trace_id = {};        // 32 hex digits
    std::string_view span_id = {};         // 16 hex digits
    std::string_view parent_span_id = {};  // 16 hex digits
    std::string_view client_ip = {};
    std::uint16_t client_port = 0;  // 0: unknown
    std::string_view user_agent = {};
    std::string_view host = {};          // Host or :authority, with its port
    std::string_view http_version = {};  // "1.1"
    std::string_view endpoint = {};      // the peer that served it, such as "127.0.0.1:3000"
    std::string_view upstream = {};      // of a call of the app's: its name in the settings
    std::uint32_t attempts = 0;          // of such a call
    std::optional<Bytes> request_body = {};
    std::optional<Bytes> response_body = {};
    WallTime started = {};
    Duration duration = {};
    std::optional<Duration> overhead = {};              // our own share of it; nothing: not measured
    std::optional<metrics::StreamKind> stream = {};     // what went on after the head that `duration` counts to
    Duration stream_duration = {};
};

// A caller's HTTP/2 connection (with prior knowledge) is over, which was relayed to the app as it is. What went through
// it nobody has seen, so that it is no exchange: one line and one observation of a stream. Views as above.
struct TunnelEnded {
    std::optional<Reason> reason = {};   // why it broke, or was never made; nothing: one side closed it
    std::string_view detail = {};        // one sentence about it
    std::string_view client_ip = {};
    std::uint16_t client_port = 0;       // 0: unknown
    std::string_view endpoint = {};
    bool made = true;                    // false: the app was not reached, so there was no stream
    Bytes received = {};                 // from the caller
    Bytes sent = {};                     // to the caller
    WallTime started = {};
    Duration duration = {};
};

// Turns each ended exchange into its metrics and its access-log line, so that the two never disagree. Others' calls and
// those of the app have the same line, in the datasets outrigger.access and outrigger.calls. One per
// worker thread, not thread-safe; the sink may be shared. emit() does not allocate, but for a label set
// that is new.
//
// The line has the names of the Elastic Common Schema. `@timestamp` is the start. `log.level` is error for a
// 5xx status, warn for anything else that the sidecar itself answered or saw broken, else info.
// `event.outcome` is failure exactly when the metrics carry an error_type: a reason or a 5xx status. Texts
// are cut (whole UTF-8 sequences) so that no line exceeds line_max. The query is logged as it came, but for what the
// redaction names.
class ExchangeTelemetry {
public:
    static constexpr Bytes line_max{64 << 10};

    // `redaction`: which parameters of a query are blotted out; must outlive it. Null: none.
    ExchangeTelemetry(metrics::HttpServerRecorder& recorder, logging::Sink& sink, std::string_view service,
                      AccessPolicy policy, const logging::Redaction* redaction = nullptr);

    // One more exchange is running, until the returned value is destroyed.
    [[nodiscard]] metrics::ActiveRequest begin(std::string_view method) noexcept {
        return recorder_.begin(metrics::http_method(method));
    }

    // One more stream goes on, until the returned value is destroyed. Its end is told by the event that follows.
    [[nodiscard]] metrics::ActiveStream stream_began(metrics::StreamKind kind) noexcept {
        return recorder_.begin_stream(kind);
    }

    void emit(const ExchangeEnded& event) noexcept;
    // One of the app's calls: `calls` has the instruments of its upstream.
    void emit(const ExchangeEnded& event, metrics::HttpClientRecorder& calls) noexcept;
    void emit(const TunnelEnded& event) noexcept;

private:
    [[gnu::always_inline]] void log(const ExchangeEnded& event) noexcept;
    [[nodiscard]] std::string_view line(const ExchangeEnded& event) noexcept;
    [[nodiscard]] std::string_view line(const TunnelEnded& event) noexcept;

    metrics::HttpServerRecorder& recorder_;
    logging::Sink& sink_;
    std::string service_;             // as a JSON member
    std::string constant_;            // the members that are the same in each line of an exchange, with their commas
    AccessPolicy policy_;
    const logging::Redaction* redaction_;
    std::string query_;               // redacted
    logging::Timestamp timestamp_;
    std::unique_ptr<char[]> buffer_;  // line_max bytes, of which only the touched pages cost memory
};

}  // namespace outrigger::middleware
