// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace outrigger::net {

// How many CPUs this process may use: those of its affinity mask, but no more than its cgroup's quota, rounded up.
// At least 1.
[[nodiscard]] std::uint32_t usable_cpus();

// The quota of a cgroup v2 `cpu.max` file ("150000 100000", "max 100000") in CPUs, rounded up; nothing: no quota.
[[nodiscard]] std::optional<std::uint32_t> quota_of(std::string_view cpu_max) noexcept;

}  // namespace outrigger::net
