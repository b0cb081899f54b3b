// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

#include "sidecar/net/loop.hpp"

namespace outrigger::admin {

// A thread for work that takes longer than a probe may wait: jobs are posted to it and run one after the other.
class Desk {
public:
    explicit Desk(const Clock& clock) : loop_{clock} {}
    ~Desk() { finish(); }

    // Throws std::system_error when the machine gives no thread.
    void start() {
        thread_ = std::thread{[this] { loop_.run(); }};
    }
    // Ends after the job in progress; those behind it run here and now, so that nothing is leaked.
    void finish() {
        if (thread_.joinable()) {
            loop_.stop();
            thread_.join();
        }
        loop_.run_leftovers();
    }
    [[nodiscard]] Executor& executor() noexcept { return loop_; }

private:
    net::Loop loop_;
    std::thread thread_;
};

}  // namespace outrigger::admin
