// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::logging {

// Which fields are blotted out before a record is kept anywhere. A pattern is a name or a path of names and `*`, which
// stands for any one name: "password", "*.token", "user.card.*". It matches wherever its steps follow each other in a
// field's path, at any depth, with everything below: "password" also matches user.password and password.old, "*.token"
// matches session.token but not a token at the top. Capital letters make no difference, as in header names. Messages
// and the texts of exceptions are not looked into. Immutable, thread-safe.
class Redaction {
public:
    static constexpr std::string_view blot = "[redacted]";

    Redaction() = default;
    // Throws std::invalid_argument, in a sentence, for what is no pattern.
    explicit Redaction(std::span<const std::string> patterns);

    // The path's steps are separated by dots.
    [[nodiscard]] bool matches(std::string_view path) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return patterns_.empty(); }
    // Most steps of any pattern, and the bytes of the longest: no longer step of a path is any pattern's, but for `*`.
    [[nodiscard]] std::size_t steps_max() const noexcept { return steps_max_; }
    [[nodiscard]] std::size_t step_bytes_max() const noexcept { return step_bytes_max_; }

private:
    std::vector<std::string> patterns_;   // in small letters
    std::size_t steps_max_ = 0;
    std::size_t step_bytes_max_ = 0;
};

}   // namespace outrigger::logging
