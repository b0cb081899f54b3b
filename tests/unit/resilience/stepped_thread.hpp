// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/blocking.hpp>

#include <functional>
#include <optional>
#include <semaphore>
#include <stop_token>
#include <thread>
#include <utility>

namespace outrigger::resilience {

// A thread that blocks, but runs only while the test lets it, so that the interleaving is the test's own and can be
// repeated: its waits end only when run() is called.
class SteppedThread final : private BlockingClock {
public:
    // Runs `body` up to its first wait, or to its end.
    SteppedThread(const Clock& time, std::function<void(BlockingClock&)> body)
        : time_{time}, thread_{[this, body = std::move(body)] {
              go_.acquire();
              body(*this);
              ended_ = true;
              done_.release();
          }} {
        run();
    }
    SteppedThread(const SteppedThread&) = delete;
    SteppedThread& operator=(const SteppedThread&) = delete;
    ~SteppedThread() {   // whoever made it saw to it that its wait has an end
        run();
        thread_.join();
    }

    // Up to its next wait, or to its end; nothing happens while the wait that it is in has no reason to end.
    void run() {
        if (ended_ || (waiting_ && !waiting_())) return;
        go_.release();
        done_.acquire();
    }

private:
    [[nodiscard]] Instant now() const noexcept override { return time_.now(); }
    [[nodiscard]] WallTime wall() const noexcept override { return time_.wall(); }
    [[nodiscard]] Woken wait(Signal& signal, Instant until, const std::stop_token& stop) noexcept override {
        std::optional<Woken> woken;
        waiting_ = [&] {
            if (stop.stop_requested())
                woken = Woken::stopped;
            else if (signal.raised())
                woken = Woken::raised;
            else if (now() >= until)
                woken = Woken::due;
            return woken.has_value();
        };
        if (!waiting_()) {
            done_.release();
            go_.acquire();
        }
        waiting_ = nullptr;
        return *woken;
    }

    const Clock& time_;
    std::binary_semaphore go_{0};
    std::binary_semaphore done_{0};
    // Used by the other side only while this thread does not run.
    std::function<bool()> waiting_;
    bool ended_ = false;
    std::thread thread_;
};

}   // namespace outrigger::resilience
