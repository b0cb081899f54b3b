// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace outrigger {

// Why a call was refused or failed: the stable word in answers, metrics (`error_type`), logs and the journal.
// The table in docs/reference/reasons.md is generated from `reasons` below.
enum class Reason : std::uint8_t {
    bad_request,
    request_timeout,
    body_too_large,
    uri_too_long,
    header_too_large,
    unknown_host,
    not_exposed,
    not_found,
    method_not_allowed,
    not_implemented,
    rate_limited,
    caller_left,
    connect_failed,
    upstream_reset,
    upstream_protocol_error,
    upstream_tls_failed,
    no_endpoints,
    dns_failed,
    circuit_open,
    concurrency_limited,
    throttled,
    overloaded,
    starting,
    draining,
    timeout,
    attempt_timeout,
    deadline_expired,
    fault_injected,
    call_failed,
};

struct ReasonFacts {
    Reason reason;
    std::string_view word;          // as it appears everywhere
    int status;                     // HTTP status of the local answer; 0: as configured
    std::string_view proxy_error;   // nearest registered error type of RFC 9209, section 2.3; empty: none fits
    std::string_view title;         // RFC 9457 `title`
    std::string_view meaning;       // one sentence for the reference page
};

// In the order of the enum; the static_assert below holds it.
inline constexpr std::array<ReasonFacts, 29> reasons{{
    {Reason::bad_request, "bad_request", 400, "http_request_error", "Bad request",
     "The request is not well-formed HTTP."},
    {Reason::request_timeout, "request_timeout", 408, "http_request_error", "Request timeout",
     "The request did not come in time: limits.head_timeout for its head, limits.idle for a pause in its body."},
    {Reason::body_too_large, "body_too_large", 413, "http_request_error", "Body too large",
     "The request's body exceeds limits.body_bytes."},
    {Reason::uri_too_long, "uri_too_long", 414, "http_request_error", "URI too long",
     "The request's target exceeds limits.uri_bytes."},
    {Reason::header_too_large, "header_too_large", 431, "http_request_error", "Header too large",
     "The request's head exceeds limits.header_bytes or has too many fields."},
    {Reason::unknown_host, "unknown_host", 403, "http_request_denied", "Unknown host",
     "The forward proxy has no upstream for this host and outbound.proxy.unknown is refuse."},
    {Reason::not_exposed, "not_exposed", 403, "http_request_denied", "Not exposed",
     "This admin page answers only on the machine itself, unless admin.expose or admin.token allows more."},
    {Reason::not_found, "not_found", 404, "http_request_denied", "Not found", "The admin address has no such page."},
    {Reason::method_not_allowed, "method_not_allowed", 405, "http_request_denied", "Method not allowed",
     "The admin page does not take this method."},
    {Reason::not_implemented, "not_implemented", 501, "http_request_error", "Not implemented",
     "The request asks for something that this version does not do."},
    {Reason::rate_limited, "rate_limited", 429, "http_request_denied", "Rate limited",
     "The rate limit allows no further call at this moment."},
    {Reason::caller_left, "caller_left", 499, "", "Caller left",
     "The caller closed its connection before the answer; logged and counted, never sent."},
    {Reason::connect_failed, "connect_failed", 502, "destination_unavailable", "Connect failed",
     "No connection to the destination could be made."},
    {Reason::upstream_reset, "upstream_reset", 502, "connection_terminated", "Upstream reset",
     "The destination closed the connection before its answer was whole."},
    {Reason::upstream_protocol_error, "upstream_protocol_error", 502, "http_protocol_error",
     "Upstream protocol error", "The destination's answer is not well-formed HTTP."},
    {Reason::upstream_tls_failed, "upstream_tls_failed", 502, "tls_protocol_error", "Upstream TLS failed",
     "The TLS handshake with the destination failed."},
    {Reason::no_endpoints, "no_endpoints", 503, "destination_unavailable", "No endpoints",
     "The upstream has no endpoint that may be used."},
    {Reason::dns_failed, "dns_failed", 503, "dns_error", "DNS failed", "The upstream's name could not be resolved."},
    {Reason::circuit_open, "circuit_open", 503, "destination_unavailable", "Circuit open",
     "The circuit breaker is open: the upstream failed too often lately."},
    {Reason::concurrency_limited, "concurrency_limited", 503, "connection_limit_reached", "Concurrency limited",
     "As many calls as the limit allows are running, and the queue is full or the wait was too long."},
    {Reason::throttled, "throttled", 503, "destination_unavailable", "Throttled",
     "The client-side throttle holds calls back from a failing upstream."},
    {Reason::overloaded, "overloaded", 503, "proxy_internal_error", "Overloaded",
     "The sidecar itself is out of a resource."},
    {Reason::starting, "starting", 503, "destination_unavailable", "Starting", "The app does not listen yet."},
    {Reason::draining, "draining", 503, "destination_unavailable", "Draining",
     "The sidecar is shutting down and the drain's timeout has passed."},
    {Reason::timeout, "timeout", 504, "http_response_timeout", "Timeout",
     "The call's own timeout passed before the answer's head."},
    {Reason::attempt_timeout, "attempt_timeout", 504, "http_response_timeout", "Attempt timeout",
     "The last attempt's own timeout passed before the answer's head."},
    {Reason::deadline_expired, "deadline_expired", 504, "http_response_timeout", "Deadline expired",
     "The caller's own deadline had passed."},
    {Reason::fault_injected, "fault_injected", 0, "", "Fault injected",
     "A configured fault answered instead of the destination."},
    {Reason::call_failed, "call_failed", 502, "", "Call failed",
     "A protected call of the library failed for a reason of its own; the sidecar never answers it."},
}};

namespace detail {
consteval bool reasons_follow_the_enum() {
    for (std::size_t i = 0; i < reasons.size(); ++i)
        if (static_cast<std::size_t>(reasons[i].reason) != i) return false;
    return true;
}
static_assert(reasons_follow_the_enum());
}  // namespace detail

[[nodiscard]] constexpr const ReasonFacts& facts(Reason reason) noexcept {
    return reasons[static_cast<std::size_t>(reason)];
}
[[nodiscard]] constexpr std::string_view to_string(Reason reason) noexcept { return facts(reason).word; }

// The reason of this word; nothing if there is none.
[[nodiscard]] constexpr std::optional<Reason> reason_of(std::string_view word) noexcept {
    for (const auto& entry : reasons)
        if (entry.word == word) return entry.reason;
    return std::nullopt;
}

}  // namespace outrigger
