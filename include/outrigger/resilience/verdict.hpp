// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/result.hpp>

namespace outrigger::resilience {

// What an ended call says of the one that was called.
enum class Verdict : std::uint8_t {
    success,
    failure,
    neutral,   // nothing: the caller gave up, a limit of our own refused, the callee asked for a slower pace
};

[[nodiscard]] constexpr std::string_view to_string(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::success: return "success";
        case Verdict::failure: return "failure";
        case Verdict::neutral: return "neutral";
    }
    return "";
}

// Whether another attempt makes sense.
enum class Retryable : std::uint8_t {
    no,
    if_safe,   // if the call may be made twice
    always,    // it never reached the callee: nothing can happen twice
    if_told,   // if it may be made twice, and only after the pause that the callee asked for
};

// What there is to know about an ended attempt. The breaker reads the verdict, the retry the rest.
struct Assessment {
    Verdict verdict = Verdict::success;
    Retryable retry = Retryable::no;
    std::optional<Duration> retry_after = {};   // the callee's own wish (Retry-After), from now on

    friend bool operator==(const Assessment&, const Assessment&) = default;
};

// The assessment of a fault, where nobody knows better.
[[nodiscard]] constexpr Assessment assess(const Fault& fault) noexcept {
    const auto wish = fault.retry_after.count() > 0 ? std::optional<Duration>{fault.retry_after} : std::nullopt;
    switch (fault.reason) {
        case Reason::connect_failed:
        case Reason::upstream_tls_failed:
        case Reason::dns_failed:
        case Reason::no_endpoints: return {Verdict::failure, Retryable::always, wish};
        case Reason::upstream_reset:
        case Reason::upstream_protocol_error:
        case Reason::attempt_timeout:
        case Reason::call_failed:
        case Reason::fault_injected: return {Verdict::failure, Retryable::if_safe, wish};
        case Reason::timeout: return {Verdict::failure, Retryable::no, wish};
        case Reason::rate_limited: return {Verdict::neutral, Retryable::if_told, wish};
        // The caller's own doing, or a refusal of ours: they say nothing of the callee.
        case Reason::caller_left:
        case Reason::deadline_expired:
        case Reason::bad_request:
        case Reason::request_timeout:
        case Reason::body_too_large:
        case Reason::uri_too_long:
        case Reason::header_too_large:
        case Reason::unknown_host:
        case Reason::not_exposed:
        case Reason::not_found:
        case Reason::method_not_allowed:
        case Reason::not_implemented:
        case Reason::circuit_open:
        case Reason::concurrency_limited:
        case Reason::throttled:
        case Reason::overloaded:
        case Reason::starting:
        case Reason::draining: return {Verdict::neutral, Retryable::no, wish};
    }
    return {};
}

}  // namespace outrigger::resilience
