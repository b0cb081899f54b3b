// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/retry_after.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

// Whatever a callee writes into Retry-After: the pause is never negative, what is later never comes sooner, and digits
// mean the same whatever the time is.
namespace {

using namespace outrigger;
using namespace std::chrono_literals;

void require(bool holds) {
    if (!holds) __builtin_trap();
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view value{reinterpret_cast<const char*>(data), size};
    const WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;
    const auto pause = resilience::parse_retry_after(value, now);
    const auto in_an_hour = resilience::parse_retry_after(value, now + 1h);
    if (!pause) return 0;
    require(*pause >= Duration::zero());
    const bool digits = std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits) require(in_an_hour == pause);
    // A date of two digits may be taken for one a century later meanwhile, and then for another day of the week.
    if (!digits && in_an_hour && *pause < 24h * 365) require(*in_an_hour <= *pause);
    require(resilience::parse_retry_after(value, now) == pause);
    return 0;
}
