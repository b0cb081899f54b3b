// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <outrigger/core/units.hpp>
#include <outrigger/logging/severity.hpp>

namespace outrigger::logging {

// Records on their way from the threads that log to the one that ships: bounded, in memory, apart by severity. Threads
// spread over several parts, each with a lock that is held for the copy of a record and nothing else. Records of one
// thread and severity stay in their order; others do not. push() is thread-safe, drain() is for one thread.
class RecordQueue {
public:
    struct Settings {
        // Waiting records take at most so much. The last quarter is for Severity::high alone, the last half not for
        // Severity::low: a flood of debugging does not drown the error that explains it.
        Bytes capacity = Bytes{8 << 20};
    };

    enum class Pushed : std::uint8_t {
        taken,
        first,   // taken, and nothing was waiting: whoever drains may sleep, and is to be woken
        full,    // not taken, and counted
    };

    // What drain() hands over: records of one severity, one after the other.
    struct Lines {
        Severity severity = Severity::normal;
        std::uint32_t records = 0;
        std::string_view text;   // each ends with '\n'; holds until drain() returns
    };

    [[nodiscard]] Pushed push(std::string_view record, Severity severity) noexcept;
};

}   // namespace outrigger::logging
