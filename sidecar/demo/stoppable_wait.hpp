// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>

#include <outrigger/core/clock.hpp>

namespace outrigger::demo {

// Waits that can all be called off at once. Any thread.
class StoppableWait {
public:
    // True once that much time has passed; false, at once, if stop() came before.
    bool wait(Duration length) {
        std::unique_lock lock{mutex_};
        return !stopping_.wait_for(lock, length, [this] { return stopped_; });
    }
    void stop() {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
        stopping_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable stopping_;
    bool stopped_ = false;
};

}  // namespace outrigger::demo
