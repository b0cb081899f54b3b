// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <outrigger/core/clock.hpp>

namespace outrigger::resilience {

// The pause that the value of a Retry-After field asks for (RFC 9110, section 10.2.3): a number of seconds, or an HTTP
// date in any of its three forms (section 5.6.7), of which `now` is taken away. Numbers without end are
// Duration::max(), dates in the past are zero. Nothing if it is neither: letter case, spaces and the day of the week
// must be right, and blanks around it are the caller's to cut. Allocates nothing; any thread may call it.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) noexcept;

}   // namespace outrigger::resilience
