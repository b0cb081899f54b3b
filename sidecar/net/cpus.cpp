// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

namespace outrigger::net {
namespace {

std::optional<std::uint64_t> take_number(std::string_view& text) noexcept {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::uint32_t affinity() noexcept {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;   // more than 1024 CPUs: one loop is safe
    return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
}

// The process's own cgroup, and those above it: the tightest quota holds. In a container the root is the container's.
std::optional<std::uint32_t> cgroup_quota() {
    std::string path;
    std::ifstream membership{"/proc/self/cgroup"};
    for (std::string line; std::getline(membership, line);)
        if (line.starts_with("0::")) path = line.substr(3);
    std::optional<std::uint32_t> tightest;
    for (;; path.resize(path.rfind('/'))) {
        std::ifstream file{"/sys/fs/cgroup" + path + "/cpu.max"};
        std::string line;
        if (std::getline(file, line))
            if (const auto quota = quota_of(line)) tightest = std::min(tightest.value_or(*quota), *quota);
        if (path.find('/') == std::string::npos) return tightest;
    }
}

}  // namespace

std::optional<std::uint32_t> quota_of(std::string_view text) noexcept {
    const auto quota = take_number(text);
    if (!quota || !text.starts_with(' ')) return std::nullopt;
    text.remove_prefix(1);
    const auto period = take_number(text);
    if (!period || *period == 0) return std::nullopt;
    const std::uint64_t cpus = (*quota + *period - 1) / *period;
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(cpus, 1, UINT32_MAX));
}

std::uint32_t usable_cpus() {
    const std::uint32_t cpus = affinity();
    return std::min(cpus, cgroup_quota().value_or(cpus));
}

}  // namespace outrigger::net
