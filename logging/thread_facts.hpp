// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/ecs_record.hpp>

namespace outrigger::logging {

class Context;

// A thread's name, as records have it.
class ThreadName {
public:
    static constexpr std::string_view before = R"("process":{"thread":{"name":)";
    static constexpr std::string_view behind = "}}";

    void look_up() noexcept;
    // process.thread.name as a member of the record.
    [[nodiscard]] std::string_view members() const noexcept { return {text_.data(), size_}; }
    // As a JSON string.
    [[nodiscard]] std::string_view text() const noexcept {
        return members().substr(before.size(), size_ - before.size() - behind.size());
    }

private:
    std::array<char, 128> text_{};   // fifteen bytes of six each, and what is around them
    std::size_t size_ = 0;
};

// What all records of a thread share, and only that thread touches. A record must find it without being given it: this
// is what a logger's context is for.
struct ThreadFacts {
    const Context* context = nullptr;   // the innermost scope
    std::string_view trace;             // each of the innermost TraceContext that has one
    std::string_view span;
    std::string_view request;
    Timestamp timestamp;
    std::int64_t named_at = -1;         // the second when the name was looked up: it may be given late
    ThreadName known_name;

    [[nodiscard]] static ThreadFacts& of_this_thread() noexcept;

    [[nodiscard]] const ThreadName& name(WallTime now) noexcept {
        const std::int64_t second = now.time_since_epoch().count() >> 30;   // nearly a second
        if (second != named_at) known_name.look_up();
        named_at = second;
        return known_name;
    }
};

}   // namespace outrigger::logging
