// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <outrigger/core/scheduler.hpp>
#include <outrigger/logging/shipping/shipper.hpp>

namespace outrigger::intake {

// Hands records to whoever keeps them: logging::Shipper::submit(), or a test.
using Submit = std::function<bool(logging::Submission, std::function<void(const Result<void>&)>)>;

// Hears, on a worker, what the shipping thread has to say about a submission. The answer comes by way of the worker's
// loop, whenever it comes: whoever asked may have gone by then. All but the answer is the worker's own; the loop must
// outlive the shipper, and run what the shipper left for it.
class Receipt {
public:
    explicit Receipt(Scheduler& scheduler) : answer_{std::make_unique<Answer>(scheduler)} {}
    ~Receipt() { leave(); }
    Receipt(const Receipt&) = delete;
    Receipt& operator=(const Receipt&) = delete;

    // False: refused at once, and there is nothing to wait for. Once.
    [[nodiscard]] bool ask(const Submit& submit, logging::Submission submission) {
        Answer* const answer = answer_.get();
        answer->awaited = true;   // before it can be there
        if (submit(std::move(submission), [answer](const Result<void>& result) { answer->give(result); }))
            return true;
        answer->awaited = false;
        return false;
    }
    // Open once the answer is there.
    [[nodiscard]] Gate& answered() noexcept { return answer_->gate; }
    [[nodiscard]] const Result<void>& result() const noexcept { return answer_->result; }

private:
    struct Answer : Job {
        explicit Answer(Scheduler& worker)
            : Job{[](Job& self) noexcept { static_cast<Answer&>(self).arrive(); }},
              scheduler{worker},
              gate{worker} {}
        // The shipping thread.
        void give(const Result<void>& given) noexcept {
            result = given;
            scheduler.executor().post(*this);   // from here on it may be gone
        }
        void arrive() noexcept {
            awaited = false;
            if (left) {
                delete this;
                return;
            }
            gate.open();
        }
        Scheduler& scheduler;
        Gate gate;
        Result<void> result;    // given before the post, read after it
        bool awaited = false;   // somebody still has its address
        bool left = false;      // nobody waits for it: it frees itself
    };

    void leave() noexcept {
        if (!answer_->awaited) return;
        answer_.release()->left = true;   // NOLINT: arrive() frees it
    }

    std::unique_ptr<Answer> answer_;
};

}   // namespace outrigger::intake
