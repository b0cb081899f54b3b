// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/shipping/shipper.hpp>

namespace outrigger::logging {

// What other threads ask of the shipping thread. The lock is held for moves and comparisons, never across I/O.
class Requests {
public:
    using Done = std::function<void(const Result<void>&)>;
    struct Waiting {
        Submission submission;
        Done done;
    };
    // Everything asked up to an instant. Tickets count up; whoever has one waits until it is said to be done.
    struct Taken {
        std::vector<Waiting> submissions;
        std::uint64_t flush = 0;
        std::uint64_t drain = 0;
    };

    // Submissions that wait hold so many bytes at most; a single one may be larger.
    explicit Requests(Bytes capacity) : capacity_{capacity.count()} {}

    // ---- Any thread. Whoever asks also wakes the shipping thread.
    [[nodiscard]] bool submit(Submission submission, Done done);
    [[nodiscard]] std::uint64_t ask_flush();
    [[nodiscard]] std::uint64_t ask_drain();
    [[nodiscard]] bool await_flush(std::uint64_t ticket, Duration at_most);
    [[nodiscard]] bool await_drain(std::uint64_t ticket, Duration at_most);
    void stop();
    [[nodiscard]] std::uint64_t submitted_records() const;   // that wait

    // ---- The shipping thread.
    [[nodiscard]] Taken take();
    [[nodiscard]] bool stopped() const;
    void flushed(std::uint64_t ticket);
    void drained(std::uint64_t ticket);
    // Nothing will be answered any more: refuses what comes, and returns what waits.
    [[nodiscard]] std::vector<Waiting> close();

private:
    bool await(std::uint64_t ticket, const std::uint64_t& done, Duration at_most);

    const std::uint64_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable answered_;
    std::vector<Waiting> submissions_;
    std::uint64_t bytes_ = 0;
    std::uint64_t records_ = 0;
    std::uint64_t flush_asked_ = 0;
    std::uint64_t flush_done_ = 0;
    std::uint64_t drain_asked_ = 0;
    std::uint64_t drain_done_ = 0;
    bool stop_ = false;
    bool closed_ = false;
};

}   // namespace outrigger::logging
