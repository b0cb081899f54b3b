// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/level.hpp>

namespace outrigger::logging {

// Where records go: a descriptor, or a shipper. Thread-safe.
class Sink {
public:
    virtual ~Sink() = default;

    // Takes one record: a JSON object on a line of its own, '\n' included, whose last member is the object `event`,
    // so that it ends with "}}\n" and an event.id can be put in before that. False: there is no room; nothing of it is
    // kept, and the sink counts it. Never waits for I/O, nor for a lock that is held across I/O.
    virtual bool take(std::string_view record, Level level) noexcept = 0;

    // Whether take() would take a record of so many bytes now, for who may wait a moment for room. Counts nothing.
    [[nodiscard]] virtual bool has_room(std::size_t bytes, Level level) const noexcept {
        (void)bytes;
        (void)level;
        return true;
    }

    // Waits until what was taken before this call is out of this process's hands (written, or committed to a spool), at
    // most `at_most`. False: some of it is not.
    virtual bool flush(Duration at_most) noexcept = 0;
};

}   // namespace outrigger::logging
