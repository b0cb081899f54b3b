// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::config {

// Something wrong with a configuration.
struct Problem {
    std::string path;   // "outbound.users.retry.attempts", or the flag; empty: the file as a whole
    int line = 0;       // in the file, from 1; 0: no particular one
    std::string text;   // what was found, what is allowed
    friend bool operator==(const Problem&, const Problem&) = default;
};

// "outrigger.yaml:12: inbound.timeout: found 'abc', expected a duration such as 250ms, 2s or 5m". Always one
// line: control characters that the file brought in are escaped, very long paths are cut. Without a file
// name, as for flags, it begins with the path.
[[nodiscard]] std::string to_line(const Problem& problem, std::string_view file_name);

// Nobody reads more of them.
inline constexpr std::size_t problems_max = 1000;
// Adds it, unless there are too many already, which is said once.
void add_problem(std::vector<Problem>& problems, Problem problem);

// Text from outside, its control characters escaped as \xNN, so that a message stays one line.
[[nodiscard]] std::string printable(std::string_view text);

// Text from outside as part of a message: in single quotes, escaped, at most 60 bytes of it.
[[nodiscard]] std::string quote(std::string_view text);

}   // namespace outrigger::config
