// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// A record's event.id: the identity of the spool that accepted it, and its sequence number there. It is the same
// whenever and by whomever the record is sent, so that a receiver that knows ids stores it once.
namespace outrigger::logging {

// 16 characters of identity, '-', 13 digits of base 32 (0-9 a-v), which sort as the numbers do.
inline constexpr std::size_t event_id_size = 16 + 1 + 13;

// Appends `lines` with an event.id for each record, counted up from `first_sequence`. A line ends with "}}\n": its last
// member is the object `event`.
void append_with_ids(std::string& to, std::string_view lines, std::string_view identity, std::uint64_t first_sequence);

// Counts the ids in `lines` of this identity anew: a line's number is `first_sequence` and its place.
void renumber(std::string& lines, std::string_view identity, std::uint64_t first_sequence) noexcept;

// The event.id in a line that append_with_ids() wrote; empty: it is not one.
[[nodiscard]] std::string_view own_event_id(std::string_view line) noexcept;

}   // namespace outrigger::logging
