// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string_view>
#include <vector>

#include <outrigger/logging/field.hpp>

namespace outrigger::logging {

// Fields that outlive the call they were given in: values are kept as JSON text.
class OwnedFields {
public:
    explicit OwnedFields(std::span<const Field* const> fields);
    OwnedFields(OwnedFields&&) noexcept = default;
    OwnedFields& operator=(OwnedFields&&) noexcept = default;

    [[nodiscard]] std::span<const Field> all() const noexcept { return fields_; }

private:
    std::vector<char> text_;      // names and values; its memory does not move with the object
    std::vector<Field> fields_;   // views into text_
};

// Fields of all that this thread logs, with whichever logger, until the end of the scope: "tenant", "job.id". They are
// captured when a record is made. Scopes nest; the innermost of a name wins, and a call's own field wins over them.
// A scope belongs to the thread that made it, ends in reverse order, and must not live across a coroutine's suspension.
//
//   const Context scope{field("tenant", tenant), field("job.id", id)};
class Context {
public:
    // Throws std::bad_alloc.
    template <std::same_as<Field>... Fields>
    explicit Context(const Field& first, const Fields&... more)
        : Context{std::array<const Field*, 1 + sizeof...(more)>{&first, &more...}} {}
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context();

    [[nodiscard]] std::span<const Field> fields() const noexcept { return fields_.all(); }
    [[nodiscard]] const Context* outer() const noexcept { return outer_; }

protected:
    explicit Context(std::span<const Field* const> fields);

private:
    OwnedFields fields_;
    const Context* const outer_;
};

// The trace that this thread works for, and the request: trace.id (32 hex digits), span.id (16), http.request.id. What
// is empty is left out. Sampling keeps or leaves out all records of a trace alike. Otherwise as Context.
class TraceContext : private Context {
public:
    struct Ids {
        std::string_view trace = {};
        std::string_view span = {};
        std::string_view request = {};
    };
    explicit TraceContext(const Ids& ids);
    ~TraceContext();

    // Of this thread's innermost scope that has one; else empty.
    [[nodiscard]] static std::string_view current_trace() noexcept { return current().trace; }
    // Each of the innermost scope that has one; views that hold until that scope ends. Longer ones than 64, 32 and 128
    // characters are cut here.
    [[nodiscard]] static Ids current() noexcept;

private:
    std::array<char, 64> trace_{};
    std::array<char, 32> span_{};
    std::array<char, 128> request_{};
    const Ids outer_;
};

}   // namespace outrigger::logging
