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
    [[nodiscard]] std::string_view write(WallTime at) noexcept;

private:
    static constexpr std::size_t length = 27;
    std::array<char, length> text_{};
    std::int64_t second_ = INT64_MIN;  // of text_; never written yet
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
