// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <outrigger/core/units.hpp>
#include <outrigger/logging/severity.hpp>

namespace outrigger::logging {

// Records on their way from the threads that log to the one that ships: bounded, in memory, apart by severity. Threads
// spread over several parts, each with a lock that is held for the copy of a record and nothing else. Records of one
// thread and severity stay in their order; others do not. push() is thread-safe, drain() is for one thread at a time.
//
// The memory is one mapping of the capacity, cut into blocks that are touched when they are needed and given back to
// the system some drains after a flood. A block belongs to one part and severity, so that a few of them are never quite
// full: up to 24 of (mostly) 256. A record longer than a block gets memory of its own, counted like blocks.
class RecordQueue {
public:
    struct Settings {
        // Waiting records take at most so much; at least 64 KiB. The last quarter is for Severity::high alone, the last
        // half not for Severity::low: a flood of debugging does not drown the error that explains it.
        Bytes capacity = Bytes{8 << 20};
    };

    enum class Pushed : std::uint8_t {
        taken,
        first,   // taken, and nothing was waiting: whoever drains may sleep, and is to be woken
        much,    // taken, and an eighth of the capacity is in use now: whoever drains should not put it off
        full,    // not taken, and counted
    };

    // What drain() hands over: records of one severity, one after the other.
    struct Lines {
        Severity severity = Severity::normal;
        std::uint32_t records = 0;
        std::string_view text;   // each ends with '\n'; holds until `take` returns
    };

    // Throws std::bad_alloc if the address space has no such room.
    explicit RecordQueue(Settings settings);
    RecordQueue() : RecordQueue{Settings{}} {}
    ~RecordQueue();
    RecordQueue(const RecordQueue&) = delete;
    RecordQueue& operator=(const RecordQueue&) = delete;

    // Copies one record, which ends with '\n'. Never waits but for another thread's copy.
    [[nodiscard]] Pushed push(std::string_view record, Severity severity) noexcept;

    // Calls take(const Lines&) for what is waiting, a block at a time, the highest severity first, and returns how many
    // records that were. No lock is held meanwhile. What is pushed during the call may or may not be part of it; if it
    // is not, its push() has returned `first`.
    template <class Take>
    std::uint64_t drain(Take&& take) {
        auto* const it = std::addressof(take);
        return drain([](void* with, const Lines& lines) { (**static_cast<decltype(&it)>(with))(lines); },
                     const_cast<void*>(static_cast<const void*>(&it)));
    }

    // Whether push() would take a record of so many bytes now. Counts nothing.
    [[nodiscard]] bool has_room(std::size_t bytes, Severity severity) const noexcept;

    // Pushed and not yet handed over.
    [[nodiscard]] std::uint64_t in_hand() const noexcept;
    // Records that found the queue full, so far.
    [[nodiscard]] std::uint64_t refused(Severity severity) const noexcept;
    // Blocks in use, those being handed over included.
    [[nodiscard]] Bytes in_use() const noexcept;

private:
    class Parts;
    std::uint64_t drain(void (*take)(void*, const Lines&), void* with);

    std::unique_ptr<Parts> parts_;
};

}   // namespace outrigger::logging
