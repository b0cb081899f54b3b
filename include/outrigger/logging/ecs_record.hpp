// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/logging/level.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace outrigger::logging {

// The release of the Elastic Common Schema that the field names follow.
inline constexpr std::string_view ecs_version = "9.4.0";

// Writes instants as RFC 3339 in UTC with microseconds: 2026-11-20T10:12:18.123456Z. Remembers the last
// second, so that most calls write only six digits. What is finer than a microsecond is cut. Not thread-safe.
class Timestamp {
public:
    // Holds until the next call.
    [[nodiscard]] std::string_view write(WallTime at) noexcept {
        update(at);
        return {text_.data(), text_.size() - 1};   // known to the caller's compiler, so that copies need no call
    }

private:
    void update(WallTime at) noexcept;

    // Of the second that was last written; the literal's NUL is no part of it.
    std::array<char, 28> text_ = std::to_array("1970-01-01T00:00:00.000000Z");
    std::uint64_t second_ = 0;  // when that second began: nanoseconds since 1970, modulo 2^64
};

// Begins an ECS record: @timestamp, log.level, message, ecs.version as dotted keys at the top, in the order
// that Elastic's ecs-logging asks for. The message comes in pieces, each a Plain or a std::string_view.
// Everything that follows is nested objects.
template <class... Pieces>
[[gnu::always_inline]] inline void begin_ecs(JsonWriter& json, std::string_view timestamp, Level level,
                                             Pieces... message) {
    json.plain("@timestamp", timestamp);
    json.plain("log.level", to_string(level));
    json.joined("message", message...);
    json.plain("ecs.version", ecs_version);
}

}  // namespace outrigger::logging
