// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/ecs_record.hpp>

namespace outrigger::logging {

class Context;

// What all records of a thread share, and only that thread touches. A record must find it without being given it: this
// is what a logger's context is for.
struct ThreadFacts {
    const Context* context = nullptr;   // the innermost scope
    std::string_view trace;             // of the innermost TraceContext that has one
    Timestamp timestamp;
    std::int64_t named_at = -1;         // the second when the name was looked up: it may be given late
    std::array<char, 128> name{};       // as a JSON string
    std::size_t name_size = 0;

    [[nodiscard]] static ThreadFacts& of_this_thread() noexcept;

    // The thread's name, as a JSON string.
    [[nodiscard]] std::string_view thread_name(WallTime now) noexcept {
        const std::int64_t second = now.time_since_epoch().count() >> 30;   // nearly a second
        if (second != named_at) look_up_name(second);
        return {name.data(), name_size};
    }

private:
    void look_up_name(std::int64_t second) noexcept;
};

}   // namespace outrigger::logging
