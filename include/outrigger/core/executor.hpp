// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace outrigger {

// A piece of work for a loop, linked into its queue without allocation. It must outlive its run, and be in at most
// one queue at a time.
struct Job {
    void (*run)(Job&) noexcept = nullptr;
    Job* next = nullptr;
};

// First in, first out. Not thread-safe.
class JobQueue {
public:
    [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
    void push(Job& job) noexcept {
        job.next = nullptr;
        *tail_ = &job;
        tail_ = &job.next;
    }
    // The first job, or null.
    [[nodiscard]] Job* pop() noexcept {
        Job* first = head_;
        if (!first) return nullptr;
        head_ = first->next;
        if (!head_) tail_ = &head_;
        return first;
    }
    // Takes all jobs of `other`, leaving it empty. This queue must be empty.
    void take(JobQueue& other) noexcept {
        if (other.empty()) return;
        head_ = std::exchange(other.head_, nullptr);
        tail_ = std::exchange(other.tail_, &other.head_);
    }
    JobQueue() = default;
    JobQueue(const JobQueue&) = delete;
    JobQueue& operator=(const JobQueue&) = delete;

private:
    Job* head_ = nullptr;
    Job** tail_ = &head_;
};

// The way into a loop from any thread: the job runs there, once, in its own time. Never runs inline.
class Executor {
public:
    virtual ~Executor() = default;
    virtual void post(Job& job) noexcept = 0;
};

// Runs `function` on the executor's loop. Allocates: for what happens seldom. A function that never gets its turn,
// because the loop has ended, is leaked.
template <class Function>
void post(Executor& executor, Function function) {
    struct Call : Job {
        explicit Call(Function posted)
            : Job{[](Job& self) noexcept {
                  auto& call = static_cast<Call&>(self);
                  call.function_();
                  delete &call;
              }},
              function_{std::move(posted)} {}
        Function function_;
    };
    executor.post(*new Call{std::move(function)});
}

}  // namespace outrigger
