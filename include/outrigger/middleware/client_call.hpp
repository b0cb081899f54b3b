// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/middleware/client_telemetry.hpp>
#include <outrigger/middleware/trace_parent.hpp>
#include <outrigger/resilience/call.hpp>

// What HTTP calls through a pipeline share, whichever library makes them: httplib_client.hpp, libcurl.hpp.
namespace outrigger::middleware {

struct ClientCallOptions {
    Instant deadline = never;                 // the caller's own; the pipeline only shortens it
    std::stop_token stop = {};                // the caller gives up
    // The call may be made twice. Nothing: if its method says so, or it has an Idempotency-Key.
    std::optional<bool> idempotent = {};
    std::string_view route = {};              // a template such as "/users/{id}", for metrics; must hold until the end
    Duration connect_timeout = Duration::max();   // of each attempt; what is left of the call bounds it anyway
    ClientTelemetry* telemetry = nullptr;     // counts and logs the call; must outlive it
    bool propagate = true;                    // sends traceparent and X-Request-Id, where the request has none itself
};

// Whose trace and request a call belongs to: those of the exchange that the calling thread works for (WorkingFor), or
// of its logging::TraceContext, or new ones. The call is a span of its own.
class CallIds {
public:
    explicit CallIds(Rng rng) noexcept;

    [[nodiscard]] std::string_view trace_id() const noexcept { return trace_.trace_id(); }
    [[nodiscard]] std::string_view span_id() const noexcept { return trace_.span_id(); }   // the call's own
    [[nodiscard]] std::string_view traceparent() const noexcept { return trace_.traceparent(); }
    [[nodiscard]] std::string_view request_id() const noexcept { return {request_.data(), request_size_}; }

private:
    TraceParent trace_;
    std::array<char, 128> request_;
    std::size_t request_size_;
};

// One call, from its beginning to its line in the log. Not thread-safe.
class ClientCall {
public:
    // The views and the clock must outlive it.
    ClientCall(const std::string& upstream, std::string_view method, std::string_view target,
               const ClientCallOptions& options, const Clock& clock);
    ~ClientCall();   // one that has no end was left by an exception
    ClientCall(const ClientCall&) = delete;
    ClientCall& operator=(const ClientCall&) = delete;

    [[nodiscard]] const CallIds& ids() const noexcept { return ids_; }
    [[nodiscard]] const Clock& clock() const noexcept { return clock_; }
    void attempted(const resilience::Call& call) noexcept { attempts_ = call.attempt(); }
    [[nodiscard]] bool has_attempts() const noexcept { return attempts_ > 0; }
    void request_is(Bytes size) noexcept { request_body_ = size; }
    // What is known only later. Views that hold until the end.
    void request_was(std::string_view method, std::string_view target) noexcept;

    void replied(int status, Bytes body) noexcept;
    void failed(const Fault& why) noexcept;

private:
    void end(ClientCallEnded event) noexcept;

    const std::string& upstream_;
    std::string_view method_;
    std::string_view path_;
    const std::string_view route_;
    const Clock& clock_;
    const Instant began_;
    const CallIds ids_;
    std::uint32_t attempts_ = 0;
    std::optional<Bytes> request_body_;
    ClientTelemetry::Running running_;
};

// How much time an attempt has: until the call's deadline, a thousandth more (a library's clock need not run as ours
// does), rounded up to whole milliseconds and one more (libcurl rounds up the time that has passed), so that whatever
// ends then ends after the deadline; at most 25 days. Nothing: there is no deadline.
[[nodiscard]] std::optional<std::chrono::milliseconds> time_left(const resilience::Call& call, Instant now) noexcept;

// What a reply says of the upstream: by its status and its Retry-After (empty: it has none).
void assess_reply(resilience::Call& call, int status, std::string_view retry_after, WallTime now) noexcept;

}   // namespace outrigger::middleware
