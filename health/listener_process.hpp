// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace outrigger::health {

// Bytes resident of a process (/proc/PID/statm); nothing if there is no such process.
[[nodiscard]] std::optional<std::uint64_t> resident_memory(pid_t pid);

// Finds the process that listens on a TCP port, by the socket's inode in /proc/net/tcp{,6} and /proc/PID/fd. The one
// found last is looked at first. Thread-safe.
class ListenerProcess {
public:
    explicit ListenerProcess(std::uint16_t port) noexcept : port_{port} {}
    [[nodiscard]] std::optional<pid_t> find();
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    std::uint16_t port_;
    std::mutex mutex_;
    std::optional<pid_t> last_;
};

}   // namespace outrigger::health
