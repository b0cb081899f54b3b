// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <outrigger/resilience/verdict.hpp>

// What HTTP says of calls: which may be made twice, and what a reply means.
namespace outrigger::resilience {

// Whether a status asks for a pause that is to be looked for in Retry-After.
[[nodiscard]] constexpr bool may_ask_for_pause(int status) noexcept {
    return status == 429 || (status >= 502 && status <= 504);
}

// The meaning of a reply. `retry_after`: what its Retry-After asks for, where may_ask_for_pause().
[[nodiscard]] constexpr Assessment assess_status(int status, std::optional<Duration> retry_after = {}) noexcept {
    switch (status) {
        case 429: return {Verdict::neutral, Retryable::if_told, retry_after};
        case 501:
        case 505: return {Verdict::neutral, Retryable::no};
        case 502:
        case 503:
        case 504: return {Verdict::failure, Retryable::if_safe, retry_after};
        default: return {status >= 500 ? Verdict::failure : Verdict::success, Retryable::no};
    }
}

// Whether a request with this method may be made twice (RFC 9110, section 9.2.2). Methods are case-sensitive; one that
// is not known may not.
[[nodiscard]] constexpr bool is_idempotent(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 6> safe{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
    for (const std::string_view one : safe)
        if (one == method) return true;
    return false;
}

}   // namespace outrigger::resilience
