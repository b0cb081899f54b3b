// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <outrigger/core/scheduler.hpp>

#include "sidecar/net/fd.hpp"
#include "sidecar/net/send_batch.hpp"

namespace outrigger::net {

// Is told of a descriptor's events (EPOLL* bits).
class Watcher {
public:
    virtual ~Watcher() = default;
    virtual void on_events(std::uint32_t events) noexcept = 0;
};

// An event loop on raw epoll, edge-triggered. It belongs to the thread that calls run(); only post() and stop() may
// be called from others. Timers have the resolution of epoll_wait, one millisecond, and never fire early.
class Loop final : public Executor {
public:
    // Throws std::system_error when the machine gives no descriptors.
    explicit Loop(const Clock& clock);
    ~Loop() override;

    [[nodiscard]] Scheduler& scheduler() noexcept { return scheduler_; }

    // Runs until stop().
    void run();
    // From any thread. The loop ends after the turn in progress.
    void stop() noexcept;
    // From any thread. The job runs on the loop's thread, or, posted after the end, in run_leftovers().
    void post(Job& job) noexcept override;
    // Runs what was posted too late, so that nothing is leaked. After run() has returned, on the thread that knows so.
    void run_leftovers();

    // One registration of a descriptor. Unwatching frees nothing before the end of the epoll batch, so that an event
    // of a connection closed earlier in the same batch finds no freed memory.
    struct Watch {
        Watcher* watcher;
    };
    // For reading, writing and the peer's closing, once, edge-triggered. Null with errno set if epoll refuses.
    [[nodiscard]] Watch* watch(int fd, Watcher& watcher) noexcept;
    // Leaves at the end of each turn.
    [[nodiscard]] SendBatch& sends() noexcept { return sends_; }
    // Before the descriptor is closed.
    void unwatch(Watch* watch, int fd) noexcept;

private:
    void turn();
    void wait_and_dispatch();
    [[nodiscard]] int wait_milliseconds() const noexcept;
    void take_posted() noexcept;
    void wake() noexcept;

    Scheduler scheduler_;
    SendBatch sends_;
    Fd epoll_;
    Fd wakeup_;
    std::atomic<bool> stopped_{false};
    std::mutex posted_mutex_;   // guards posted_; held for a few instructions only
    JobQueue posted_;
    std::vector<std::unique_ptr<Watch>> free_watches_;
    std::vector<std::unique_ptr<Watch>> retired_watches_;
};

}  // namespace outrigger::net
