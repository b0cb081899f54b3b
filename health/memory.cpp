// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include <outrigger/health/indicators.hpp>

#include "listener_process.hpp"

namespace outrigger::health {
namespace {

// The number that a file of one number holds.
std::optional<std::uint64_t> number_in(const std::string& path) {
    std::ifstream file{path};
    std::uint64_t value = 0;
    if (file >> value) return value;
    return std::nullopt;
}

// The file with the use of this process's cgroup, or "". In a container its own cgroup is mounted as the root.
std::string cgroup_file() {
    std::ifstream cgroups{"/proc/self/cgroup"};
    std::string line;
    while (std::getline(cgroups, line)) {   // "0::/path" is v2, "5:memory:/path" v1
        const std::size_t first = line.find(':');
        const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const bool v2 = second == first + 1;
        if (!v2 && line.substr(first + 1, second - first - 1) != "memory") continue;
        const std::string folder = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
        const std::string name = v2 ? "/memory.current" : "/memory.usage_in_bytes";
        for (const std::string& path : {folder + line.substr(second + 1) + name, folder + name})
            if (number_in(path)) return path;
    }
    return "";
}

Outcome compare(std::optional<std::uint64_t> used, Bytes most, const char* message, const char* missing) {
    if (!used) return down(missing);
    return *used > most.count() ? down(message) : up();
}

constexpr const char* rss_exceeded = "Used rss exceeded the set threshold";

}   // namespace

Indicator memory(Bytes most, MemoryOf of) {
    if (most.count() == 0) throw std::invalid_argument("a memory check needs a threshold above 0");
    switch (of) {
        case MemoryOf::self:
            if (!resident_memory(::getpid()))
                throw std::invalid_argument("this system does not tell a process's memory in /proc");
            return {[most](const Probe&) {
                return compare(resident_memory(::getpid()), most, rss_exceeded,
                               "/proc tells no resident memory");
            }};
        case MemoryOf::self_heap:
            return {[most](const Probe&) {
                return compare(::mallinfo2().uordblks, most, "Used heap exceeded the set threshold", "");
            }};
        case MemoryOf::cgroup: break;
    }
    std::string file = cgroup_file();
    if (file.empty())
        throw std::invalid_argument("this system has no cgroup that tells its memory (memory.current)");
    return {[most, file = std::move(file)](const Probe&) {
        return compare(number_in(file), most, rss_exceeded, "the cgroup tells no memory");
    }};
}

Indicator memory_of_listener(Bytes most, std::uint16_t port) {
    if (most.count() == 0 || port == 0)
        throw std::invalid_argument("a memory check needs a threshold above 0 and a port");
    auto process = std::make_shared<ListenerProcess>(port);
    return {[most, process](const Probe&) {
        const std::optional<pid_t> pid = process->find();
        if (!pid)
            return down("no process that listens on port " + std::to_string(process->port()) +
                        " can be seen in /proc");
        return compare(resident_memory(*pid), most, rss_exceeded, "the app's process has gone");
    }};
}

}   // namespace outrigger::health
