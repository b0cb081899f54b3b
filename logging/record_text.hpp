// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <source_location>
#include <span>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/field.hpp>
#include <outrigger/logging/level.hpp>
#include <outrigger/logging/redaction.hpp>
#include "record_constants.hpp"
#include "thread_facts.hpp"

namespace outrigger::logging {

struct Relayed;

// All that a record is made of. Views, for as long as the record is being made.
struct RecordDraft {
    Level level;
    WallTime at;
    std::string_view message;
    const RecordConstants& constants;
    const std::source_location* origin;   // null: not told
    std::span<const Field> bound;         // of the logger
    std::span<const Field* const> given;  // in the call
    const Redaction& redaction;
    ThreadFacts& thread;
    const Relayed* relayed = nullptr;     // another library's record: its place and its logger's name; null: ours
};

struct RecordText {
    std::string_view line;    // in the buffer; empty: it does not fit, or something had to be left out
    bool truncated = false;
};

// One line of ECS JSON, ready for a Sink. Empty if it does not fit into the buffer as it is.
[[nodiscard]] RecordText write_record(const RecordDraft& draft, std::span<char> buffer) noexcept;

// The same, whatever it takes: texts are cut, and if that is not enough fields are left out; outrigger.truncated tells.
// The buffer is not tiny.
[[nodiscard]] RecordText write_truncated_record(const RecordDraft& draft, std::span<char> buffer) noexcept;

}   // namespace outrigger::logging
