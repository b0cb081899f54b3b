// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/health/outcome.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::health {

inline constexpr std::string_view document_cache_control = "no-cache, no-store, must-revalidate";

// Whose document.
enum class Format : std::uint8_t {
    terminus12,     // @nestjs/terminus 12, byte for byte
    terminus11,     // 11.1: as 12, but without responseTime and `degraded`
    terminus10,     // up to 11.0: as 11, but `status` is an entry's first key
    spring,         // Spring Boot Actuator 3
    microprofile,   // MicroProfile Health 4
    health_json,    // application/health+json (draft-inadarei-api-health-check-06)
};
inline constexpr std::size_t format_count = 6;

[[nodiscard]] std::string_view content_type(Format format) noexcept;

// What a probe asks for: ?format=terminus12 | terminus11 | terminus10 | spring | microprofile | health-json, else
// the first media type of Accept that names a format, else terminus 12. What it does not know it passes over: a
// probe that asks strangely is still a probe. `query` is what follows the question mark.
[[nodiscard]] Format format_of(std::string_view query, std::string_view accept) noexcept;

// One page's answer.
struct Document {
    int status = 503;   // HTTP status: 200 or 503
    std::string body;
};

// How a check stands, as documents and metrics show it. Immutable once published.
struct Standing {
    std::string key;
    Status status = Status::unchecked;   // what is
    Status shown =
        Status::unchecked;   // what follows for the page: an optional check that is down is degraded
    Outcome outcome;         // the newest one that agrees with the status
    std::optional<Duration> took = {};   // how long its last run took
    std::string body = {};               // as entry_body() wrote it
};
using Standings = std::vector<std::shared_ptr<const Standing>>;

// {"message":"...","statusCode":500,"responseTime":1,"status":"down"}: what is absent is left out. Text is escaped
// as JSON.stringify does; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string entry_body(const Outcome& outcome, Status shown);

// terminus: keys status, info, error, details; details are info's entries, then error's. As in a JavaScript object,
// keys that are integers come first, ascending. The word is, in this order: `shutting_down` if draining (503),
// `error` if an entry is down (503), `degraded` if one is degraded (200), `ok` (200). The other formats say the same
// with their own words.
[[nodiscard]] Document document(const Standings& standings, bool draining,
                                Format format = Format::terminus12);

}   // namespace outrigger::health
