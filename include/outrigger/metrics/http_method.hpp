// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace outrigger::metrics {

// The methods of RFC 9110 and RFC 5789. A caller may invent any other: those are one value, so that nobody
// can fill the metrics with series.
enum class HttpMethod : std::uint8_t { get, head, post, put, delete_, connect, options, trace, patch, other };

inline constexpr std::size_t http_method_count = 10;

// In the order of the enum. `_OTHER` is the word of OpenTelemetry's HTTP conventions.
inline constexpr std::array<std::string_view, http_method_count> http_method_words{
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "_OTHER"};

[[nodiscard]] constexpr std::string_view to_string(HttpMethod method) noexcept {
    return http_method_words[static_cast<std::size_t>(method)];
}

// Methods are case-sensitive (RFC 9110, section 9.1): `get` is `other`.
[[nodiscard]] constexpr HttpMethod http_method(std::string_view word) noexcept {
    if (word == "GET") return HttpMethod::get;  // by far the most frequent
    for (std::size_t i = 1; i + 1 < http_method_count; ++i)
        if (http_method_words[i] == word) return static_cast<HttpMethod>(i);
    return HttpMethod::other;
}

}  // namespace outrigger::metrics
