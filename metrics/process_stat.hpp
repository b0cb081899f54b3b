// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace outrigger::metrics {

// What /proc/self/stat says, in the kernel's units.
struct ProcessStat {
    std::uint64_t threads = 0;
    std::uint64_t start_ticks = 0;  // since boot, in clock ticks
    std::uint64_t virtual_bytes = 0;
    std::uint64_t resident_pages = 0;
};

// Nothing if the text is not of that form (proc(5)). The second field, the program's name, may hold blanks
// and parentheses.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text) noexcept;

// `btime` of /proc/stat: when the machine started, in seconds since 1970.
[[nodiscard]] std::optional<std::uint64_t> parse_boot_time(std::string_view text) noexcept;

}  // namespace outrigger::metrics
