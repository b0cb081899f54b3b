// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/health/outcome.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// The document of @nestjs/terminus 12, byte for byte.
namespace outrigger::health {

inline constexpr std::string_view document_content_type = "application/json; charset=utf-8";
inline constexpr std::string_view document_cache_control = "no-cache, no-store, must-revalidate";

// One page's answer.
struct Document {
    int status = 503;  // HTTP status: 200 or 503
    std::string body;
};

// One check's line in a document. Views only; `status` decides between info (up, degraded) and error (down,
// unchecked).
struct Entry {
    std::string_view key;
    Status status = Status::unchecked;
    std::string_view body;  // as entry_body() wrote it
};

// {"message":"...","responseTime":1,"status":"down"}: what is absent is left out. The status written is
// `shown_as`, which differs from the outcome's when an optional check is down. Text is escaped as
// JSON.stringify does; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string entry_body(const Outcome& outcome, Status shown_as);

// Keys: status, info, error, details; details are info's entries, then error's. As in a JavaScript object,
// keys that are integers come first, ascending. The word is, in this order: `shutting_down` if draining
// (503), `error` if an entry is down (503), `degraded` if one is degraded (200), `ok` (200).
[[nodiscard]] Document document(std::span<const Entry> entries, bool draining);

}  // namespace outrigger::health
