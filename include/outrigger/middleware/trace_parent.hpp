// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include <outrigger/core/rng.hpp>

namespace outrigger::middleware {

// W3C trace context (https://www.w3.org/TR/trace-context/, version 00): whose trace this exchange belongs to, and its
// own span in it. A value.
class TraceParent {
public:
    // Continues the caller's trace; a header that is absent or broken starts a new, sampled one.
    TraceParent(std::string_view traceparent, Rng& rng) noexcept;

    [[nodiscard]] std::string_view trace_id() const noexcept { return view(3, 32); }
    [[nodiscard]] std::string_view span_id() const noexcept { return view(36, 16); }          // this exchange's
    [[nodiscard]] std::string_view parent_span_id() const noexcept {                           // empty: none
        return continued_ ? std::string_view{parent_.data(), parent_.size()} : std::string_view{};
    }
    // What goes upstream: the same trace, our span as the parent.
    [[nodiscard]] std::string_view traceparent() const noexcept { return {text_.data(), text_.size()}; }

    // Whether a traceparent is well-formed: a later version is accepted if its first four parts are.
    [[nodiscard]] static bool valid(std::string_view traceparent) noexcept;

private:
    [[nodiscard]] std::string_view view(std::size_t begin, std::size_t count) const noexcept {
        return {text_.data() + begin, count};
    }
    std::array<char, 55> text_;     // 00-<trace>-<span>-<flags>
    std::array<char, 16> parent_;
    bool continued_;
};

// 32 hexadecimal digits at random: a request id.
[[nodiscard]] std::array<char, 32> random_id(Rng& rng) noexcept;
// Whether a caller's X-Request-Id is taken over: 1 to 128 visible ASCII characters.
[[nodiscard]] bool acceptable_request_id(std::string_view id) noexcept;

}  // namespace outrigger::middleware
