// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <utility>
#include <vector>

namespace outrigger::middleware {

// Signals as something to wait for: from construction on, until its end, they are caught and kept in a pipe. For one
// object with signals in a process at a time; without any, it only waits for wake().
class CaughtSignals {
public:
    // As Lifecycle's constructor throws.
    explicit CaughtSignals(const std::vector<int>& signals);
    ~CaughtSignals();
    CaughtSignals(const CaughtSignals&) = delete;
    CaughtSignals& operator=(const CaughtSignals&) = delete;

    // Blocks until one has come, and returns its number; 0 after wake(). Both are kept until somebody waits.
    [[nodiscard]] int wait() const noexcept;
    // Any thread.
    void wake() const noexcept;

private:
    class Pipe {
    public:
        Pipe();
        ~Pipe();
        Pipe(const Pipe&) = delete;
        Pipe& operator=(const Pipe&) = delete;
        int read_end = -1;
        int write_end = -1;
    };
    void let_go() noexcept;

    Pipe pipe_;
    std::vector<std::pair<int, struct sigaction>> before_;   // what they did
};

}   // namespace outrigger::middleware
