// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace outrigger::health {

// How a check stands. `unchecked` is shown as down, "not checked yet".
enum class Status : std::uint8_t { unchecked, up, degraded, down };

[[nodiscard]] constexpr std::string_view to_string(Status status) noexcept {
    switch (status) {
        case Status::unchecked: return "unchecked";
        case Status::up: return "up";
        case Status::degraded: return "degraded";
        case Status::down: return "down";
    }
    return "unchecked";
}

// What a document says besides: {"statusCode", 500}.
struct Detail {
    std::string key;
    std::variant<std::int64_t, std::string> value;
    friend bool operator==(const Detail&, const Detail&) = default;
};

// What one run of a check found.
struct Outcome {
    Status status = Status::down;                // never unchecked
    std::string message = {};                    // empty: none is shown; past 256 bytes it is cut, as texts below
    std::optional<Duration> response_time = {};  // shown in whole milliseconds, rounded; nothing: not shown
    std::vector<Detail> details = {};            // between message and response time, in this order

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

[[nodiscard]] inline Outcome up(std::optional<Duration> response_time = {}) {
    return {.status = Status::up, .response_time = response_time};
}
[[nodiscard]] inline Outcome degraded(std::string message, std::optional<Duration> response_time = {}) {
    return {Status::degraded, std::move(message), response_time, {}};
}
[[nodiscard]] inline Outcome down(std::string message, std::optional<Duration> response_time = {}) {
    return {Status::down, std::move(message), response_time, {}};
}

}  // namespace outrigger::health
