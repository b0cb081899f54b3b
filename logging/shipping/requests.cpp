// SPDX-License-Identifier: Apache-2.0
#include "requests.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace outrigger::logging {

bool Requests::submit(Submission submission, Done done) {
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    for (Submission::Part& part : submission.parts) {
        // Everything behind counts on it.
        if (!part.lines.empty() && part.lines.back() != '\n') part.lines += '\n';
        part.records = static_cast<std::uint32_t>(std::ranges::count(part.lines, '\n'));
        bytes += part.lines.size();
        records += part.records;
    }
    const std::lock_guard lock{mutex_};
    if (closed_ || (!submissions_.empty() && bytes_ + bytes > capacity_)) return false;
    submissions_.push_back({std::move(submission), std::move(done)});
    bytes_ += bytes;
    records_ += records;
    return true;
}

std::uint64_t Requests::ask_flush() {
    const std::lock_guard lock{mutex_};
    return ++flush_asked_;
}

std::uint64_t Requests::ask_drain() {
    const std::lock_guard lock{mutex_};
    return ++drain_asked_;
}

bool Requests::await_flush(std::uint64_t ticket, Duration at_most) { return await(ticket, flush_done_, at_most); }
bool Requests::await_drain(std::uint64_t ticket, Duration at_most) { return await(ticket, drain_done_, at_most); }

// An hour at most: beyond some centuries the condition variable would overflow.
bool Requests::await(std::uint64_t ticket, const std::uint64_t& done, Duration at_most) {
    std::unique_lock lock{mutex_};
    answered_.wait_for(lock, std::min<Duration>(at_most, std::chrono::hours{1}),
                       [&] { return closed_ || done >= ticket; });
    return done >= ticket;
}

void Requests::stop() {
    const std::lock_guard lock{mutex_};
    stop_ = true;
}

std::uint64_t Requests::submitted_records() const {
    const std::lock_guard lock{mutex_};
    return records_;
}

bool Requests::stopped() const {
    const std::lock_guard lock{mutex_};
    return stop_;
}

Requests::Taken Requests::take() {
    const std::lock_guard lock{mutex_};
    bytes_ = records_ = 0;
    return {.submissions = std::exchange(submissions_, {}), .flush = flush_asked_, .drain = drain_asked_};
}

void Requests::flushed(std::uint64_t ticket) {
    const std::lock_guard lock{mutex_};
    if (ticket <= flush_done_) return;
    flush_done_ = ticket;
    answered_.notify_all();
}

void Requests::drained(std::uint64_t ticket) {
    const std::lock_guard lock{mutex_};
    if (ticket <= drain_done_) return;
    drain_done_ = ticket;
    answered_.notify_all();
}

std::vector<Requests::Waiting> Requests::close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    bytes_ = records_ = 0;
    answered_.notify_all();
    return std::exchange(submissions_, {});
}

}   // namespace outrigger::logging
