// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <outrigger/logging/field.hpp>

namespace outrigger::logging {

// Fields that outlive the call they were given in: values are kept as JSON text.
class OwnedFields {
public:
    OwnedFields() noexcept = default;
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

    [[nodiscard]] std::span<const Field> fields() const noexcept { return fields_; }
    [[nodiscard]] const Context* outer() const noexcept { return outer_; }

protected:
    explicit Context(std::span<const Field* const> fields);
    // Whoever derives keeps the fields.
    Context() noexcept;
    void show(std::span<const Field> fields) noexcept { fields_ = fields; }

private:
    OwnedFields owned_;
    std::span<const Field> fields_;
    const Context* const outer_;
};

// The trace that this thread works for, and the request: trace.id (32 hex digits), span.id (16), http.request.id. What
// is empty is left out, and what is longer than 64, 32 and 128 characters is cut. Sampling keeps or leaves out all records
// of a trace alike. Otherwise as Context. Costs little, and no memory: every request has one.
class TraceContext : private Context {
public:
    struct Ids {
        std::string_view trace = {};
        std::string_view span = {};
        std::string_view request = {};
    };
    explicit TraceContext(const Ids& ids) noexcept;
    // The views hold until the scope ends, and are not copied.
    enum class Lasting : std::uint8_t { yes };
    TraceContext(const Ids& ids, Lasting) noexcept;
    ~TraceContext();

    // Of this thread's innermost scope that has one; else empty.
    [[nodiscard]] static std::string_view current_trace() noexcept { return current().trace; }
    // Each of the innermost scope that has one; views that hold until that scope ends.
    [[nodiscard]] static Ids current() noexcept;

private:
    void enter(const Ids& lasting) noexcept;

    std::array<char, 64> trace_;       // filled as far as they are looked at
    std::array<char, 32> span_;
    std::array<char, 128> request_;
    std::array<Field, 3> present_;     // those that there are come first
    const Ids outer_;
};

}   // namespace outrigger::logging
