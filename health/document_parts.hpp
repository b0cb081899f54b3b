// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/health/document.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// What the formats of the document share.
namespace outrigger::health {

enum class Verdict : std::uint8_t { ok, degraded, error, draining };

[[nodiscard]] constexpr bool is_error(Status status) noexcept {
    return status == Status::down || status == Status::unchecked;
}
[[nodiscard]] Verdict verdict_of(const Standings& standings, bool draining) noexcept;
[[nodiscard]] constexpr int http_status(Verdict verdict) noexcept {
    return verdict == Verdict::ok || verdict == Verdict::degraded ? 200 : 503;
}

// JavaScript's Math.round of milliseconds.
[[nodiscard]] std::string whole_milliseconds(Duration time);

// Behind a comma unless it is the first one of its object.
void append_member(std::string& out, std::string_view member);
// "message":"...","statusCode":500
void append_message_and_details(std::string& out, const Outcome& outcome);

[[nodiscard]] Document spring_document(const Standings& standings, bool draining);
[[nodiscard]] Document microprofile_document(const Standings& standings, bool draining);
[[nodiscard]] Document health_json_document(const Standings& standings, bool draining);

}   // namespace outrigger::health
