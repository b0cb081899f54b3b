// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/health/heartbeat.hpp>
#include <outrigger/health/probe.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// Checks that need nothing but the system; those that need a library are in drivers.hpp. What makes no sense is refused
// with std::invalid_argument when the indicator is made; what is merely not there now is `down` with the reason.
// Indicators keep no descriptor open between runs, and give up at the run's deadline, and at once when the registry ends;
// but for disk() and file_age(), which wait as long as the file system does.
namespace outrigger::health {

// Up if a connection is accepted; it is closed at once, as terminus does for a NestJS TCP microservice. The name is
// looked up anew each time, and its addresses are tried in order, each with its share of the time left. Response time is
// shown.
[[nodiscard]] Indicator tcp(std::string host, std::uint16_t port);
[[nodiscard]] Indicator unix_socket(std::string path);

// Up if the name has an address. Response time is shown.
[[nodiscard]] Indicator dns(std::string name);

// What must be free on the file system of `path`; at least one must be set.
struct DiskSettings {
    std::optional<Ratio> free = {};   // share of the space
    std::optional<Bytes> free_bytes = {};
    std::optional<Ratio> free_inodes = {};
};
// Space is what those without privileges may use, as in terminus.
[[nodiscard]] Indicator disk(std::string path, DiskSettings settings);

// Whose memory, and which of it.
enum class MemoryOf : std::uint8_t {
    self,        // resident memory of this process
    self_heap,   // what malloc has given out in this process
    cgroup,      // what the kernel charges this process's cgroup (v2, or v1's memory controller)
};
// Up while no more than `most` is used. Throws std::invalid_argument where the system has no such figure.
[[nodiscard]] Indicator memory(Bytes most, MemoryOf of = MemoryOf::self);
// Resident memory of the process that listens on this port of this machine. It may come and go; it is looked
// for in /proc, where only processes of the same user, and of the same PID namespace, can be told.
[[nodiscard]] Indicator memory_of_listener(Bytes most, std::uint16_t port);

// Up while the file was modified no longer than `most` ago.
[[nodiscard]] Indicator file_age(std::string path, Duration most);

// Up if the program ends with 0. It is found through PATH, gets no input, and what it writes is thrown away but for the
// first line, which is the message when it fails. At the deadline it and its whole process group are killed; what it
// left running in that group is killed when it ends. Response time is shown.
[[nodiscard]] Indicator command(std::vector<std::string> arguments);

// Up while `beats` were heard within `every`: a cron job or a worker that reports in. The heartbeat's creation counts
// as the first one.
[[nodiscard]] Indicator heartbeat(std::shared_ptr<const Heartbeat> beats, Duration every);

}   // namespace outrigger::health
